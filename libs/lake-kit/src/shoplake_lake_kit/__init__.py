"""Positions, stamps, the stage loop and the publish protocol, without Spark."""
