"""Faults planted on purpose, each written down, so that every rule of a pipeline can be scored against the truth."""
