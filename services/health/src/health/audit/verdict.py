"""Whether the recount holds, in a word and in sentences."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any


class Verdict(StrEnum):
    """How an audit ended; the values of the metric's label."""

    HOLDS = "holds"
    BROKEN = "broken"
    FAILED = "failed"
    CANCELLED = "cancelled"


_FAULTS = {
    "missing": "addresses are missing",
    "doubled": "addresses are there twice",
    "lost_originals": "copies were left out in favour of an event that is nowhere",
    "doubled_ids": "ids are twice in one table on one day",
    "differences": "partitions have other rows than their table's stamps count",
}


def verdict(findings: Mapping[str, Mapping[str, Any]], bare: Sequence[str]) -> dict[str, Any]:
    """`holds` and the `reasons` why not.

    An id on two days is a producer's matter and no reason.

    Args:
        findings: the lists, each with its `total`.
        bare: tables that have rows and no stamp.
    """
    reasons = [f"{findings[name]['total']:,} {what}" for name, what in _FAULTS.items() if findings[name]["total"]]
    reasons += [f"{name} has rows and no stamp" for name in bare]
    return {"verdict": (Verdict.BROKEN if reasons else Verdict.HOLDS).value, "holds": not reasons, "reasons": reasons}
