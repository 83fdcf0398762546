"""Pure transforms of bronze: Arrow in, Arrow out."""
