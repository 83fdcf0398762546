"""Replays and backfills in the small: what silver's job prepares for `Stage.revise`, from the rows as they are."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import reduce

from shoplake_contracts.errors import AuditFailed
from shoplake_lake_kit.plan import Stamps
from shoplake_lake_kit.ports import Staged
from shoplake_lake_kit.revision import Kind, Revision, backfilling
from shoplake_lake_kit.stage_tables import SILVER
from shoplake_lake_kit.vector import Counts

from .model_broker import Row, Rows
from .model_table import Frame, ModelTable, Overwrite
from .rules import CLASSES, DUPLICATES, KEPT, OUTCOMES, QUARANTINE, Rules, as_date, day, home
from .transform import Address, addresses, count

# Quarantine first: its stamp says what leaves the others. Then what became of replayed events, then the rest.
BACKFILLED = (QUARANTINE, OUTCOMES, *(name for name in SILVER if name != QUARANTINE))
# How an outcome's run is told from its verdict; the newest outcome of an address counts.
REPLAYED, STILL_BAD = "replayed by ", "still bad in "


@dataclass(frozen=True)
class Revisions:
    """Builds revisions over silver's tables and the ledger of outcomes, by one version of the rules."""

    tables: Mapping[str, ModelTable]
    rules: Rules

    def replay(self, run: str, classes: Collection[int] = range(CLASSES)) -> Revision[Frame]:
        """Bring home what today's rules accept, once per address, and write down what is news."""
        quarantine = [row for row in self.tables[QUARANTINE].rows if row.event % CLASSES in classes]
        at_home = self._at_home()
        repaired = {Row(*row[:4]) for row in quarantine if not self.rules.quarantines(row.event)}
        survivors = sorted(row for row in repaired if row[:3] not in at_home)
        gained = {name: rows for name, rows in self._routed(survivors).items() if rows}
        frames: dict[str, Frame] = {**gained}
        outcomes = self._outcomes(run, quarantine, at_home | addresses(survivors))
        if outcomes:
            frames[OUTCOMES] = outcomes
        return Revision(
            kind=Kind.REPLAY,
            id=run,
            frames=frames,
            days={name: _days(rows) for name, rows in gained.items()},
            audit=lambda staged: _demand_equal(count(survivors), [staged[name].counts for name in gained]),
        )

    def backfill(self, run: str, days: Collection[int]) -> Revision[Frame]:
        """Judge the rows of some days anew: what is bad now leaves, new to quarantine or back to where it waited."""
        known = addresses(self._rows(QUARANTINE))
        bad = {name: [row for row in self._on(name, days) if self.rules.quarantines(row.event)] for name in KEPT}
        moved = {name: [row for row in rows if row[:3] not in known] for name, rows in bad.items()}
        withdrawn = [row for rows in bad.values() for row in rows if row[:3] in known]
        asked = {"id": run, "days": ",".join(map(str, sorted(days)))}
        frames: dict[str, Frame] = dict.fromkeys(BACKFILLED, ())
        frames[QUARANTINE] = tuple(Row(*row[:4], run) for rows in moved.values() for row in rows)
        frames[OUTCOMES] = _said(STILL_BAD + run, withdrawn)
        moving = {name: count(rows) for name, rows in moved.items() if rows}
        gone = addresses(row for rows in bad.values() for row in rows)
        return self._swap(asked, frames, gone, addresses(withdrawn), moving, moving)

    def rest_of_backfill(self, stamps: Stamps) -> Revision[Frame]:
        """What a crash left to do: what was published first says what leaves, whatever today's rules are."""
        lead = stamps[QUARANTINE]
        if lead is None or lead.backfill is None:
            raise TypeError("there is no backfill to complete")
        asked = lead.backfill
        run, days = asked["id"], _numbers(asked)
        behind = backfilling(lead, stamps)
        frames: dict[str, Frame] = {name: () for name in BACKFILLED if name in behind}
        moved = addresses(row for row in self._rows(QUARANTINE) if row.run == run)
        if OUTCOMES in frames:
            known = addresses(self._rows(QUARANTINE)) - moved
            on_days = [row for name in KEPT for row in self._on(name, days) if row[:3] in known]
            withdrawn = [row for row in on_days if self.rules.quarantines(row.event)]
            frames[OUTCOMES] = _said(STILL_BAD + run, withdrawn)
        else:
            withdrawn = [row for row in self._rows(OUTCOMES) if row.run == STILL_BAD + run]
        back = addresses(withdrawn)
        return self._swap(asked, frames, moved | back, back, {}, lead.moving)

    def _swap(
        self,
        asked: Mapping[str, str],
        frames: dict[str, Frame],
        gone: Collection[Address],
        withdrawn: Collection[Address],
        moving: Mapping[str, Counts],
        leaving: Mapping[str, Counts],
    ) -> Revision[Frame]:
        days, names = _numbers(asked), [name for name in frames if name in KEPT]
        before = {name: self._on(name, days) for name in names}
        for name, rows in before.items():
            frames[name] = Overwrite(tuple(row for row in rows if row[:3] not in gone), frozenset(days))
        back = {name: count(row for row in rows if row[:3] in withdrawn) for name, rows in before.items()}
        removed = {name: count(rows) for name, rows in before.items()}
        return Revision(
            kind=Kind.BACKFILL,
            id=asked["id"],
            frames=frames,
            removed=removed,
            withdrawn=back,
            days={name: sorted(map(as_date, days)) for name in names},
            backfill=asked,
            moving=moving,
            audit=_audit(removed, back, leaving),
        )

    def _outcomes(self, run: str, quarantine: Iterable[Row], at_home: Collection[Address]) -> Rows:
        newest = {row[:3]: row.run for row in self._rows(OUTCOMES)}
        waiting = {row[:3]: row for row in quarantine}
        replayed = [at for at in waiting if at in at_home and not newest.get(at, "").startswith(REPLAYED)]
        undone = [at for at in waiting if at not in at_home and newest.get(at, "").startswith(REPLAYED)]
        return (
            *_said(REPLAYED + run, (waiting[at] for at in replayed)),
            *_said(STILL_BAD + run, (waiting[at] for at in undone)),
        )

    def _at_home(self) -> set[Address]:
        return addresses(self._rows(*KEPT, DUPLICATES))

    def _routed(self, survivors: Sequence[Row]) -> dict[str, Rows]:
        winners = {row.event: row for row in self._rows(*KEPT)}
        routed: dict[str, list[Row]] = {name: [] for name in SILVER}
        for row in survivors:
            routed[home(row.event) if winners.setdefault(row.event, row) == row else DUPLICATES].append(row)
        return {name: tuple(rows) for name, rows in routed.items()}

    def _on(self, name: str, days: Collection[int]) -> list[Row]:
        return [row for row in self.tables[name].rows if day(row.event) in days]

    def _rows(self, *names: str) -> list[Row]:
        return [row for name in names for row in self.tables[name].rows]


def _said(told: str, rows: Iterable[Row]) -> Rows:
    return tuple(Row(*row[:4], told) for row in rows)


def _numbers(asked: Mapping[str, str]) -> list[int]:
    return [int(number) for number in asked["days"].split(",")]


def _days(rows: Rows) -> list[date]:
    return sorted({as_date(day(row.event)) for row in rows})


def _audit(
    removed: Mapping[str, Counts], back: Mapping[str, Counts], leaving: Mapping[str, Counts]
) -> Callable[[Mapping[str, Staged]], None]:
    """What leaves a table is what was promised to leave it."""

    def audit(staged: Mapping[str, Staged]) -> None:
        if QUARANTINE in staged:
            _demand_equal(staged[QUARANTINE].counts, leaving.values())
        for name, counts in removed.items():
            _demand_equal(counts, [staged[name].counts, back[name], leaving.get(name, Counts())])

    return audit


def _demand_equal(promised: Counts, parts: Iterable[Counts]) -> None:
    total = reduce(Counts.plus, parts, Counts())
    if promised != total:
        raise AuditFailed(f"promised {promised}, staged {total}")
