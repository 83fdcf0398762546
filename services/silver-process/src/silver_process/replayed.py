"""What a replay found: per partition and reason how many events go home, are copies, landed before or stay."""

from collections import Counter
from collections.abc import Iterable, Mapping
from enum import StrEnum
from functools import reduce
from typing import Any

from shoplake_contracts.errors import AuditFailed
from shoplake_lake_kit.ports import Staged
from shoplake_lake_kit.vector import Counts

from silver_process.addresses import counted
from silver_process.outcomes import OUTCOMES, REPLAYED, STILL_BAD


class Verdict(StrEnum):
    """What is to be said about a quarantined event."""

    REPLAYED = "replayed"
    DUPLICATE = "duplicate"
    LANDED = "already_landed"
    STILL_BAD = "still_bad"


_GAINED = (Verdict.REPLAYED, Verdict.DUPLICATE)


class Look:
    """The figures of one replay.

    Args:
        selected: Events asked for, per topic, epoch and partition (`n`), counted at the source.
        summary: What is said about them: groups with topic, epoch, partition, reason_before, said, table, reason,
            news (whether the ledger has to be told) and `n`.
    """

    def __init__(self, selected: Iterable[Mapping[str, Any]] = (), summary: Iterable[Mapping[str, Any]] = ()) -> None:
        self.selected = counted(selected)
        self._summary = list(summary)

    def into(self, table: str) -> Counts:
        """The rows that a table gains."""
        return counted(row for row in self._summary if row["said"] in _GAINED and row["table"] == table)

    def news(self) -> dict[str, int]:
        """Rows for the ledger, by outcome."""
        told: Counter[str] = Counter()
        for row in self._summary:
            if row["news"]:
                told[STILL_BAD if row["said"] == Verdict.STILL_BAD else REPLAYED] += row["n"]
        return dict(told)

    def audit(self, staged: Mapping[str, Staged]) -> None:
        """Prove that every selected event is staged in one table, landed before or is still bad.

        Raises:
            AuditFailed: it does not hold; names the partitions.
        """
        stay = counted(row for row in self._summary if row["said"] in (Verdict.LANDED, Verdict.STILL_BAD))
        found = reduce(Counts.plus, (written.counts for written in staged.values()), stay)
        differing = [f"{life}/{part}: {n}" for life, part, n in self.selected.minus(found).entries() if n]
        if differing:
            raise AuditFailed(f"selected events that are neither staged nor told of, at {'; '.join(differing)}")
        for table, written in staged.items():
            promised = sum(self.news().values()) if table == OUTCOMES else self.into(table).total()
            if written.rows != promised:
                raise AuditFailed(f"{table}: {written.rows} rows are staged, {promised} were found")

    def result(self, *, dry_run: bool) -> dict[str, Any]:
        """The run's answer: a diff by the reason of then, and what was written (or would be)."""
        tables = sorted({row["table"] for row in self._summary if row["said"] in _GAINED})
        rows = {table: self.into(table).total() for table in tables}
        return {
            "dry_run": dry_run,
            "selected": self.selected.total(),
            "reasons": self._diff(),
            "rows": rows,
            "outcomes": self.news(),
            "changed": bool(rows or self.news()) and not dry_run,
        }

    def _diff(self) -> dict[str, dict[str, Any]]:
        moved: dict[str, Counter[str]] = {}
        stay: dict[str, Counter[str]] = {}
        for row in self._summary:
            then = row["reason_before"]
            still_bad = row["said"] == Verdict.STILL_BAD
            moved.setdefault(then, Counter())
            stay.setdefault(then, Counter())
            (stay if still_bad else moved)[then][str(row["reason"] if still_bad else row["said"])] += row["n"]
        kinds = (*_GAINED, Verdict.LANDED)
        return {
            then: {kind.value: moved[then][kind] for kind in kinds} | {STILL_BAD: dict(stay[then])}
            for then in sorted(moved)
        }
