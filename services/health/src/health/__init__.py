"""Lag, accounting and the state of the pipeline, without a JVM."""

from importlib.metadata import version

__version__ = version("shoplake-health")
