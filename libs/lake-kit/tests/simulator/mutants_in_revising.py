"""Bugs in replays and backfills."""

from collections.abc import Collection
from dataclasses import replace
from typing import Any

import pytest
from shoplake_lake_kit.plan import Stamps
from shoplake_lake_kit.ports import Role, TablePort
from shoplake_lake_kit.revision import Revision
from shoplake_lake_kit.stamp import Totals
from shoplake_lake_kit.vector import Counts

from .driver import Driver
from .model_table import Frame, Overwrite
from .planted import Plant
from .revisions import Revisions
from .rules import DAYS, KEPT, OUTCOMES, QUARANTINE
from .transform import count


def replay_not_idempotent(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Revisions, "_at_home", lambda _revisions: set())


def replay_counted_twice(patch: pytest.MonkeyPatch) -> None:
    right = Revision._added

    def wrong(revision: Revision[Frame], table: TablePort[Frame], rows: Counts) -> Totals:
        totals = right(revision, table, rows)
        return replace(totals, replayed=totals.replayed.plus(totals.replayed))

    patch.setattr(Revision, "_added", wrong)


def replay_not_counted(patch: pytest.MonkeyPatch) -> None:
    right = Revision._added

    def wrong(revision: Revision[Frame], table: TablePort[Frame], rows: Counts) -> Totals:
        return replace(right(revision, table, rows), replayed=Counts())

    patch.setattr(Revision, "_added", wrong)


def replay_keeps_every_copy(patch: pytest.MonkeyPatch) -> None:
    right = Revisions._routed

    def wrong(revisions: Revisions, survivors: Collection[Any]) -> dict[str, Any]:
        routed: dict[str, Any] = {}
        for survivor in survivors:
            for name, rows in right(
                replace(revisions, tables=dict.fromkeys(revisions.tables, _EMPTY)), [survivor]
            ).items():
                routed[name] = (*routed.get(name, ()), *rows)
        return routed

    patch.setattr(Revisions, "_routed", wrong)


def outcome_before_the_row(patch: pytest.MonkeyPatch) -> None:
    """A replay that trusts the ledger, which is written first: a crash in between loses the event for ever."""
    right = Revisions.replay

    def wrong(revisions: Revisions, run: str, *classes: Collection[int]) -> Revision[Frame]:
        revision = right(revisions, run, *classes)
        ledger = {name: frame for name, frame in revision.frames.items() if name == OUTCOMES}
        return replace(revision, frames=ledger | dict(revision.frames))

    at_home = Revisions._at_home
    patch.setattr(Revisions, "replay", wrong)
    patch.setattr(
        Revisions, "_at_home", lambda revisions: at_home(revisions) | {row[:3] for row in revisions._rows(OUTCOMES)}
    )


def backfill_without_the_lead_first(patch: pytest.MonkeyPatch) -> None:
    right = Revisions._swap

    def wrong(revisions: Revisions, *arguments: Any) -> Revision[Frame]:
        revision = right(revisions, *arguments)
        others = {name: frame for name, frame in revision.frames.items() if name != QUARANTINE}
        return replace(revision, frames=others | dict(revision.frames))

    patch.setattr(Revisions, "_swap", wrong)


def moving_forgotten(patch: pytest.MonkeyPatch) -> None:
    right = Revision.stamp
    patch.setattr(Revision, "stamp", lambda revision, *rest: right(replace(revision, moving={}), *rest))


def removed_rows_forgotten(patch: pytest.MonkeyPatch) -> None:
    right = Revision._added

    def wrong(revision: Revision[Frame], table: TablePort[Frame], rows: Counts) -> Totals:
        return right(replace(revision, removed={}), table, rows)

    patch.setattr(Revision, "_added", wrong)


def backfill_left_half_done(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Driver, "_complete_backfill", lambda _driver, _revisions: False)


def rest_of_backfill_by_new_rules(patch: pytest.MonkeyPatch) -> None:
    right = Revisions.rest_of_backfill

    def wrong(revisions: Revisions, stamps: Stamps) -> Revision[Frame]:
        rest, days = right(revisions, stamps), range(len(DAYS))
        bad = {row[:3] for name in KEPT for row in revisions._on(name, days) if revisions.rules.quarantines(row.event)}
        frames = {
            name: Overwrite(tuple(row for row in revisions._on(name, days) if row[:3] not in bad), frozenset(days))
            for name in rest.frames
            if name in KEPT
        }
        removed = {name: count(revisions._on(name, days)) for name in frames}
        return replace(rest, frames={**rest.frames, **frames}, removed=removed, audit=lambda _staged: None)

    patch.setattr(Revisions, "rest_of_backfill", wrong)


def withdrawn_rows_forgotten(patch: pytest.MonkeyPatch) -> None:
    right = Revision._added

    def wrong(revision: Revision[Frame], table: TablePort[Frame], rows: Counts) -> Totals:
        return right(replace(revision, withdrawn={}), table, rows)

    patch.setattr(Revision, "_added", wrong)


class _Empty:
    """A table that has forgotten what it holds."""

    rows = ()
    role = Role.OUT


_EMPTY: Any = _Empty()

MUTANTS: tuple[Plant, ...] = (
    replay_not_idempotent,
    replay_counted_twice,
    replay_not_counted,
    replay_keeps_every_copy,
    outcome_before_the_row,
    backfill_without_the_lead_first,
    moving_forgotten,
    removed_rows_forgotten,
    backfill_left_half_done,
    rest_of_backfill_by_new_rules,
    withdrawn_rows_forgotten,
)
