"""The crash harness: a load whose truth is written down, kills in the middle of it, and the proof afterwards."""
