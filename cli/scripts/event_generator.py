#!/usr/bin/env python3
"""The guide's `python3 event_generator.py`: `shoplake generate` under that name, whichever Python is asked.

It needs nothing but the standard library, so that it works in a terminal where no environment is active. The stack is
that of this checkout, unless the folder one stands in has its own, or --home or SHOPLAKE_HOME names another.
"""

import os
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]


def main() -> None:
    """Become `shoplake generate` with the same options."""
    command = next((path for path in _places() if path.exists()), None)
    if command is None:
        sys.exit(f"Shoplake is not installed: run make setup in {CHECKOUT}.")
    if not Path(".shoplake").is_dir():
        os.environ.setdefault("SHOPLAKE_HOME", str(CHECKOUT / ".shoplake"))
    os.execv(command, [str(command), "generate", *sys.argv[1:]])  # noqa: S606 - no shell is wanted


def _places() -> "tuple[Path, ...]":
    return Path(sys.executable).with_name("shoplake"), CHECKOUT / ".venv/bin/shoplake"


if __name__ == "__main__":
    main()
