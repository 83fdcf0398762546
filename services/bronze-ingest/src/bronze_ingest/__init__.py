"""Kafka to bronze.raw_events, every byte kept."""

from importlib.metadata import version

__version__ = version("shoplake-bronze-ingest")
