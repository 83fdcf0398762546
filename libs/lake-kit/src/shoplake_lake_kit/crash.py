"""Named places where a process can be told to die, so that tests can prove that nothing depends on it living on.

Inert unless `SHOPLAKE_CRASH_AT` is set. `<point>` dies at the point, `<point>:<n>` the n-th time it is reached,
`@<file>` reads one of both from a file whenever a point is reached, and removes the file before it dies: once.
The points are declared in contracts/crash_points.yaml.
"""

import os
import signal
from collections import Counter
from pathlib import Path

VARIABLE = "SHOPLAKE_CRASH_AT"
_reached: Counter[str] = Counter()


def crash_point(name: str) -> None:
    """Die here, without a goodbye, if that was asked for; otherwise do nothing."""
    wish = os.environ.get(VARIABLE)
    if wish:
        _obey(name, wish)


def _obey(name: str, wish: str) -> None:
    file = Path(wish[1:]) if wish.startswith("@") else None
    if file is not None:
        wish = _read(file)
    point, _, times = wish.partition(":")
    if point != name:
        return
    _reached[name] += 1
    if _reached[name] < int(times or 1):
        return
    if file is not None:
        file.unlink(missing_ok=True)
    os.kill(os.getpid(), signal.SIGKILL)


def _read(file: Path) -> str:
    try:
        return file.read_text().strip()
    except FileNotFoundError:
        return ""
