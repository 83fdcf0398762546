"""What a comparison found: each difference by its name, how many there are, and the first of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

LOST = ("lost_in_bronze", "lost_in_silver", "not_restored", "replayed_without_landing")
DOUBLED = ("doubled_in_bronze", "doubled_in_silver", "kept_twice", "replayed_twice")
CHANGED = ("changed_in_bronze", "changed_in_quarantine", "changed_value", "wrong_table", "wrong_in_gold")
MEANING: Mapping[str, str] = {
    "lost_in_bronze": "acknowledged by the broker, not in bronze",
    "doubled_in_bronze": "more than once in bronze",
    "changed_in_bronze": "bronze has other bytes than were sent",
    "not_sent": "in bronze, never acknowledged to the producer",
    "lost_in_silver": "acknowledged, in no table of silver",
    "doubled_in_silver": "in more than one place of silver, and no replay explains it",
    "not_in_bronze": "in silver, not in bronze",
    "wrong_reason": "quarantined for another reason than it deserves",
    "wrongly_quarantined": "a good event in quarantine",
    "wrongly_accepted": "a bad event among the good ones",
    "changed_in_quarantine": "quarantine has other bytes than were sent",
    "changed_value": "a column of silver has another value than the payload",
    "wrong_table": "in a table that is not for its type",
    "kept_twice": "one event id of one day kept twice",
    "copy_without_kept": "a copy whose kept one is not there, or is another event",
    "wrong_in_gold": "a day of gold that is not there once, or has other money than silver's rows add up to",
    "not_restored": "repairable, and not restored by the replay",
    "replayed_without_landing": "said to be replayed, and nowhere",
    "replayed_twice": "said to be replayed more than once",
}


@dataclass(frozen=True)
class Finding:
    """One kind of difference.

    Attributes:
        name: a key of `MEANING`.
        count: how many there are.
        examples: the first of them: topic, epoch, partition, offset and whatever explains it.
    """

    name: str
    count: int
    examples: tuple[tuple[Any, ...], ...]

    def __str__(self) -> str:
        first = "; ".join(" ".join(map(str, example)) for example in self.examples[:5])
        return f"{self.name}: {self.count:,} ({MEANING[self.name]}), first: {first}"


@dataclass(frozen=True)
class Verdict:
    """Everything found, and what was looked at.

    Attributes:
        findings: empty when the proof holds.
        figures: rows that were compared, by place.
        content: sha256 over what the typed tables say of the events, by address; clocks do not count.
    """

    findings: tuple[Finding, ...]
    figures: Mapping[str, int]
    content: str

    @property
    def holds(self) -> bool:
        """Whether nothing was found."""
        return not self.findings

    @property
    def names(self) -> set[str]:
        """The kinds of difference."""
        return {finding.name for finding in self.findings}

    def count(self, names: tuple[str, ...]) -> int:
        """How many differences of these kinds."""
        return sum(finding.count for finding in self.findings if finding.name in names)

    def __str__(self) -> str:
        return "\n".join(map(str, self.findings)) or f"holds: {dict(self.figures)}"
