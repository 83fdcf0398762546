"""What each silver table adds to the payload's own columns: one module per table, each with `derived()`."""
