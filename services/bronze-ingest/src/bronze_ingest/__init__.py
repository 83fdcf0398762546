"""Kafka to bronze.raw_events, every byte kept."""
