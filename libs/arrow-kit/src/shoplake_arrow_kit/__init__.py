"""Kafka and Iceberg behind the ports of lake-kit, without a JVM."""
