"""Runs seeds on their own: `python -m simulator SEED`, or `python -m simulator FROM TO`; the last line is JSON."""

import gc
import json
import sys
from time import monotonic

from .run import run_seeds


def main(arguments: list[str]) -> int:
    """Print what was seen; fail if a seed did."""
    first = int(arguments[0])
    last = int(arguments[1]) if len(arguments) > 1 else first + 1
    began = monotonic()
    # Runs make many small objects and few cycles: looking for those all the time costs a tenth.
    gc.set_threshold(100_000)
    report = run_seeds(range(first, last))
    for failure in report.failures:
        print(failure, file=sys.stderr)  # noqa: T201 - a command line prints
    print(json.dumps(report.to_json() | {"seconds": round(monotonic() - began, 1)}))  # noqa: T201
    return 1 if report.failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
