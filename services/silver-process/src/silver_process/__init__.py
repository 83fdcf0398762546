"""Bronze to typed, checked, deduplicated silver tables."""

from importlib.metadata import version

__version__ = version("shoplake-silver-process")
