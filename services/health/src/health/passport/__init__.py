"""The passport of an event: when it was produced, where it went, and how long each leg took."""
