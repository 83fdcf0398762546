"""Realistic shop traffic."""
