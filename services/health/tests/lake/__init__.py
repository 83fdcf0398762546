"""Tests over real Iceberg files: the audit and the passport."""
