"""The mappings that come with Shoplake, by name; apart from everything else, so that listing them costs nothing."""

from pathlib import Path

SUFFIX = ".yaml"
_HOME = Path(__file__).parent / "mappings"


def names() -> tuple[str, ...]:
    """The names, sorted."""
    return tuple(sorted(file.stem for file in _HOME.glob(f"*{SUFFIX}")))


def file_of(name: str) -> Path:
    """The mapping's file."""
    return _HOME / f"{name}{SUFFIX}"
