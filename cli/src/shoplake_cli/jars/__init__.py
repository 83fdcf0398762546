"""The JVM's share of the product: which jars there are (ivy.xml), their sums (jars.lock), and where they lie."""
