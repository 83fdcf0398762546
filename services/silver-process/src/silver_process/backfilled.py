"""What a backfill does to the rows of each table, in figures, and the proof that it does no more."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from functools import reduce
from typing import Any

from shoplake_contracts.errors import AuditFailed, BronzeIncomplete
from shoplake_lake_kit.ports import Staged
from shoplake_lake_kit.vector import Counts

from silver_process.addresses import counted
from silver_process.box import QUARANTINE


class Fate(StrEnum):
    """What becomes of a row: computed again, moved into quarantine, back to it, or left as it is.

    Back to it: a replay had brought the row, so that quarantine has it already. Left: it became bad after quarantine
    was published, in a backfill that was cut off; the next one takes it.
    """

    KEPT = "kept"
    MOVED = "moved"
    WITHDRAWN = "withdrawn"
    LEFT = "left"


class Account:
    """Rows per table and fate.

    Args:
        groups: Per table, fate, topic, epoch and partition the number (`n`) of rows that the table has on the days.
    """

    def __init__(self, groups: Iterable[Mapping[str, Any]] = ()) -> None:
        self._groups = list(groups)
        self.tables = sorted({group["table"] for group in self._groups})
        self.before = self._counts(*Fate)
        self.moved = self._counts(Fate.MOVED)
        self.withdrawn = self._counts(Fate.WITHDRAWN)
        self.left = self._counts(Fate.LEFT)

    def check_bronze(self, found: Sequence[Mapping[str, Any]]) -> None:
        """Prove that bronze has every event exactly once.

        Args:
            found: Bronze's rows for the events, per topic, epoch and partition: `n` rows, `different` offsets.

        Raises:
            BronzeIncomplete: it lacks some.
            AuditFailed: it has more than one row for an address.
        """
        different = counted({**group, "n": group["different"]} for group in found)
        lacking = _told(reduce(Counts.plus, self.before.values(), Counts()).minus(different))
        if lacking:
            raise BronzeIncomplete(f"bronze lacks events that silver holds on these days, at {lacking}")
        twice = _told(counted(found).minus(different))
        if twice:
            raise AuditFailed(f"bronze has more than one row for an address, at {twice}")

    def check_moving(self, moving: Mapping[str, Counts]) -> None:
        """Prove that exactly the rows leave which the lead's stamp says are in quarantine already.

        Raises:
            AuditFailed: it does not hold.
        """
        for table in {*moving, *self.moved}:
            if moving.get(table, Counts()) != self.moved.get(table, Counts()):
                raise AuditFailed(f"{table}: {self.moved.get(table)} rows leave, quarantine took {moving.get(table)}")

    def audit(self, staged: Mapping[str, Staged]) -> None:
        """Prove that every row of the days is staged where it belongs.

        Raises:
            AuditFailed: it does not hold; names the table and both figures.
        """
        for table in self.tables:
            if staged[table].counts != self.after(table):
                raise AuditFailed(f"{table}: {staged[table].counts} rows are staged, {self.after(table)} stay")
        moved = reduce(Counts.plus, self.moved.values(), Counts())
        if QUARANTINE in staged and staged[QUARANTINE].counts != moved:
            raise AuditFailed(f"{QUARANTINE}: {staged[QUARANTINE].counts} rows are staged, {moved} move")

    def after(self, table: str) -> Counts:
        """The rows that the table has on the days afterwards."""
        gone = self.moved.get(table, Counts()).plus(self.withdrawn.get(table, Counts()))
        return self.before.get(table, Counts()).minus(gone)

    def result(self, staged: Mapping[str, Staged]) -> dict[str, Any]:
        """The run's answer: rows per table before and after, and what moved into quarantine by reason."""
        reasons: Counter[str] = Counter()
        for of_topic in staged[QUARANTINE].kinds.values():
            reasons.update(of_topic)
        rows = {name: {"before": self.before[name].total(), "after": self.after(name).total()} for name in self.tables}
        return {
            "tables": rows,
            "quarantined": dict(reasons),
            "withdrawn": sum(counts.total() for counts in self.withdrawn.values()),
        }

    def _counts(self, *fates: Fate) -> dict[str, Counts]:
        rows: dict[str, list[Mapping[str, Any]]] = {}
        for group in self._groups:
            if group["fate"] in fates:
                rows.setdefault(group["table"], []).append(group)
        return {table: counted(found) for table, found in rows.items()}


def _told(counts: Counts) -> str:
    return "; ".join(f"{life}/{partition}: {number}" for life, partition, number in counts.entries() if number)
