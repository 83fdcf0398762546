"""What the quality report is made of."""
