"""Lag, accounting and the state of the pipeline, without a JVM."""
