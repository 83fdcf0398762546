"""Keeps tables small and quick beside running stages, and never takes away what a stage or a reader needs."""
