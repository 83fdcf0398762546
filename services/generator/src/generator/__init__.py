"""Realistic shop traffic."""

__version__ = "0.1.0"
