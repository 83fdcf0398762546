"""Bugs in what is refused, and in how people let a stage go on past it."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from shoplake_lake_kit import checks
from shoplake_lake_kit import plan as planning
from shoplake_lake_kit import resolution as resolving
from shoplake_lake_kit import stage as staging
from shoplake_lake_kit.faults import find_faults
from shoplake_lake_kit.plan import Limits, Plan, Stamps
from shoplake_lake_kit.ports import Source
from shoplake_lake_kit.resolution import Loss, Resolution, Resolved
from shoplake_lake_kit.stamp import Stamp, Totals
from shoplake_lake_kit.vector import Counts

from . import requests
from .model_broker import Rows
from .model_table import ModelTable
from .planted import Plant
from .requests import written_down


def gap_jumped_over_silently(patch: pytest.MonkeyPatch) -> None:
    right = planning._new_box

    def wrong(stamps: Stamps, lead: Stamp | None, source: Source, limits: Limits) -> Plan | None:
        if lead is None:
            return right(stamps, lead, source, limits)
        beginning = planning.in_lives(source, lead).beginning
        return right(stamps, replace(lead, position=lead.position.highest(beginning)), source, limits)

    patch.setattr(planning, "_new_box", wrong)


def topic_ids_not_compared(patch: pytest.MonkeyPatch) -> None:
    def wrong(recorded: Stamp | None, start: planning.Position, source: Source) -> object:
        known = recorded and replace(recorded, topic_ids=source.topic_ids)
        return find_faults(known, start, source)

    patch.setattr(checks, "find_faults", wrong)


def epoch_not_raised(patch: pytest.MonkeyPatch) -> None:
    def wrong(lead: Stamp, source: Source, resolution: Resolution) -> Resolved:
        resolved = resolving.resolve(lead, source, resolution)
        return replace(resolved, stamp=replace(resolved.stamp, epochs=lead.epochs, position=lead.position))

    patch.setattr(staging, "resolve", wrong)


def gap_accepted_twice(patch: pytest.MonkeyPatch) -> None:
    _with_lost(patch, 2)


def gap_not_counted(patch: pytest.MonkeyPatch) -> None:
    _with_lost(patch, 0)


def loss_not_written_down(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(requests, "written_down", lambda _ledger, _losses: ())


def loss_told_by_where_it_begins(patch: pytest.MonkeyPatch) -> None:
    """A gap that has grown since a crash is taken for the one that is written down already."""

    def wrong(ledger: ModelTable, losses: Sequence[Loss]) -> Rows:
        known = {row[:3] for row in ledger.rows}
        return tuple(row for row in written_down(ledger, losses) if row[:3] not in known)

    patch.setattr(requests, "written_down", wrong)


def _with_lost(patch: pytest.MonkeyPatch, times: int) -> None:
    def wrong(lead: Stamp, source: Source, resolution: Resolution) -> Resolved:
        resolved = resolving.resolve(lead, source, resolution)
        lost = resolved.stamp.totals.lost.minus(lead.totals.lost)
        totals = lead.totals
        for _ in range(times):
            totals = totals.plus(Totals(lost=Counts(lost)))
        return replace(resolved, stamp=replace(resolved.stamp, totals=totals))

    patch.setattr(staging, "resolve", wrong)


MUTANTS: tuple[Plant, ...] = (
    gap_jumped_over_silently,
    topic_ids_not_compared,
    epoch_not_raised,
    gap_accepted_twice,
    gap_not_counted,
    loss_not_written_down,
    loss_told_by_where_it_begins,
)
