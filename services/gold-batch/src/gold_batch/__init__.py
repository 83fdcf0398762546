"""Silver to gold figures by changed day."""
