"""Pure DataFrame transforms of bronze."""
