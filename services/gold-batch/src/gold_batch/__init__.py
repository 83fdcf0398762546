"""Silver to gold figures by changed day."""

from importlib.metadata import version

__version__ = version("shoplake-gold-batch")
