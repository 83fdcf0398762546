"""A model of broker, tables and everything that goes wrong, driving the real stage; see `world` for one run."""
