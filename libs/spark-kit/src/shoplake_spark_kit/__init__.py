"""Spark and Iceberg behind the ports of lake-kit."""
