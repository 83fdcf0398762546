"""Bronze to typed, checked, deduplicated silver tables."""
