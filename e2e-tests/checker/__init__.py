"""The independent proof: every acknowledged event is in bronze once, byte for byte, and in silver once, as it was sent.

It shares no code with the pipeline: a producer's acknowledgements on one side, the files listed by PyIceberg and read
by DuckDB on the other; the contracts say which column is which field. It is proved itself by `test_checker.py`, which
plants every kind of damage and looks for its name.
"""

from checker.compare import check, compare
from checker.verdict import Finding, Verdict

__all__ = ["Finding", "Verdict", "check", "compare"]
