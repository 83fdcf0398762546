"""Replays and backfills in the small: what silver's job prepares for `Stage.revise`, from the rows as they are."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

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


@dataclass(frozen=True)
class Revisions:
    """Builds revisions over silver's tables and the ledger of outcomes, by one version of the rules."""

    tables: Mapping[str, ModelTable]
    rules: Rules

    def replay(self, run: str, classes: Collection[int] = range(CLASSES)) -> Revision[Frame]:
        """Bring home what today's rules accept, once per address, and write down every outcome that is not yet."""
        quarantine = [row for row in self.tables[QUARANTINE].rows if row.event % CLASSES in classes]
        at_home = self._at_home()
        repaired = {Row(*row[:4]) for row in quarantine if not self.rules.quarantines(row.event)}
        survivors = sorted(row for row in repaired if row[:3] not in at_home)
        frames: dict[str, Frame] = {name: rows for name, rows in self._routed(survivors).items() if rows}
        outcomes = self._outcomes(run, quarantine, at_home | addresses(survivors))
        if outcomes:
            frames[OUTCOMES] = outcomes
        return Revision(
            kind=Kind.REPLAY,
            id=run,
            frames=frames,
            days={name: _days(frame) for name, frame in frames.items() if isinstance(frame, tuple)},
            audit=lambda staged: _demand_equal(
                count(survivors), [one.counts for name, one in staged.items() if name != OUTCOMES]
            ),
        )

    def backfill(self, run: str, days: Collection[int]) -> Revision[Frame]:
        """Judge the rows of some days anew: the lead takes what is bad now, then each typed table gives it up."""
        moving = {
            name: tuple(row for row in self._on(name, days) if self.rules.quarantines(row.event)) for name in KEPT
        }
        moved = tuple(Row(*row[:4], run) for rows in moving.values() for row in rows)
        asked = {"id": run, "days": ",".join(map(str, sorted(days)))}
        return self._swap(asked, SILVER, days, {QUARANTINE: moved}, {name: count(moving[name]) for name in moving})

    def rest_of_backfill(self, stamps: Stamps) -> Revision[Frame]:
        """What a crash left to do of a backfill: the lead's rows say what moves, whatever today's rules are."""
        lead = stamps[QUARANTINE]
        if lead is None or lead.backfill is None:
            raise AssertionError("there is no backfill to complete")
        days = [int(number) for number in lead.backfill["days"].split(",")]
        rest = [name for name in backfilling(lead, stamps) if name in SILVER]
        return self._swap(lead.backfill, rest, days, {}, lead.moving)

    def _swap(
        self,
        asked: Mapping[str, str],
        names: Iterable[str],
        days: Collection[int],
        lead: Mapping[str, Rows],
        moving: Mapping[str, Counts],
    ) -> Revision[Frame]:
        moved = lead.get(QUARANTINE) or tuple(row for row in self._rows(QUARANTINE) if row.run == asked["id"])
        gone = addresses(moved)
        frames: dict[str, Frame] = dict.fromkeys(names, ())
        frames |= lead
        for name in frames.keys() & set(KEPT):
            stay = tuple(row for row in self._on(name, days) if row[:3] not in gone)
            frames[name] = Overwrite(stay, frozenset(days))
        removed = {name: count(self._on(name, days)) for name in frames if name in KEPT}
        return Revision(
            kind=Kind.BACKFILL,
            id=asked["id"],
            frames=frames,
            removed=removed,
            days={name: sorted(map(as_date, days)) for name in frames if name in KEPT},
            backfill=asked,
            moving={name: counts for name, counts in moving.items() if counts.total()} if lead else {},
            audit=lambda staged: _demand_moved(staged, removed, moving),
        )

    def _outcomes(self, run: str, quarantine: Iterable[Row], at_home: Collection[Address]) -> Rows:
        """An address may be quarantined again by a backfill, and then be replayed again."""
        told = Counter(row[:3] for row in self._rows(OUTCOMES))
        missing = []
        for address, times in Counter(row[:4] for row in quarantine if row[:3] in at_home).items():
            missing += [Row(*address, run)] * (times - told[address[:3]])
        return tuple(missing)

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


def _days(rows: Rows) -> list[date]:
    return sorted({as_date(day(row.event)) for row in rows})


def _demand_moved(staged: Mapping[str, Staged], removed: Mapping[str, Counts], moving: Mapping[str, Counts]) -> None:
    if QUARANTINE in staged:
        _demand_equal(staged[QUARANTINE].counts, moving.values())
    for name, counts in removed.items():
        _demand_equal(counts, [staged[name].counts, moving.get(name, Counts())])


def _demand_equal(promised: Counts, parts: Iterable[Counts]) -> None:
    total = Counts()
    for part in parts:
        total = total.plus(part)
    if promised != total:
        raise AuditFailed(f"promised {promised}, staged {total}")
