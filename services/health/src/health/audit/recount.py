"""The audit itself: pin, read, join, name what is wrong, and say whether it holds."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from shoplake_lake_kit.reader import open_catalog
from shoplake_lake_kit.settings import LakeSettings
from shoplake_lake_kit.vector import Counts
from shoplake_service_kit.runs import Run

from health.audit import findings
from health.audit.differences import counted_rows, differences
from health.audit.events import FIGURES, by_hour, by_partition, join_events
from health.audit.findings import LISTED
from health.audit.gaps import find_gaps, gap_addresses
from health.audit.request import AuditRequest
from health.audit.scope import scope_of
from health.audit.verdict import verdict
from health.audit.workspace import Workspace
from health.pins import Pins, take_all

_SUMMED = (*FIGURES, "erased", "lost")


class Recount:
    """Does an audit; may be kept, and is asked by one thread at a time.

    Args:
        lake: Where the tables are.
        memory_mb: What DuckDB may use before it goes to disk.
        clock: The time, for audits of some hours.
    """

    def __init__(
        self, lake: LakeSettings, memory_mb: int, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._lake = lake
        self._memory_mb = memory_mb
        self._clock = clock

    def __call__(self, run: Run[AuditRequest]) -> dict[str, Any]:
        """The result of the run: docs/reference/audit.md has every field.

        Raises:
            InvalidRequest: It names a topic that the lake has never seen.
            CatalogUnavailable: A table cannot be read.
            StampMissing: A stamp cannot be read.
            RunCancelledError: Somebody has cancelled the run.
        """
        with open_catalog(self._lake) as catalog, Workspace(self._memory_mb, run.show) as work:
            run.show(step="pinning the tables")
            pins = take_all(catalog)
            scope = scope_of(pins, run.request, self._clock())
            work.load(pins, scope)
            join_events(work)
            rows = counted_rows(work)
            gaps = find_gaps(work) if scope.whole else {}
            named = _named(work, sum(gaps.values()))
            different = differences(pins, scope, rows)
            named["differences"] = {"total": len(different), "listed": different[:LISTED]}
            partitions = _partitions(work, gaps)
            return {
                **verdict(named, _bare(pins, rows)),
                "scope": run.request.model_dump(),
                "position": {life: list(row) for life, row in pins.position.items()},
                "total": {name: sum(row[name] for row in partitions) for name in _SUMMED},
                "partitions": partitions,
                "hours": by_hour(work, LISTED),
                **named,
                "tables": _tables(pins, rows),
            }


def _named(work: Workspace, gaps: int) -> dict[str, dict[str, Any]]:
    missing = findings.missing(work)
    if gaps:
        # Offsets that no table has come after those that one of them has.
        listed = (missing["listed"] + gap_addresses(work, LISTED))[:LISTED]
        missing = {"total": missing["total"] + gaps, "listed": listed}
    return {
        "missing": missing,
        "doubled": findings.doubled(work),
        "lost_originals": findings.lost_originals(work),
        "doubled_ids": findings.doubled_ids(work),
        "id_conflicts": findings.id_conflicts(work),
    }


def _partitions(work: Workspace, gaps: dict[tuple[str, int, int], int]) -> list[dict[str, Any]]:
    rows = by_partition(work)
    for row in rows:
        row["missing"] += gaps.get((row["topic"], row["epoch"], row["partition"]), 0)
    return rows


def _bare(pins: Pins, rows: dict[str, Counts]) -> list[str]:
    """Tables with rows of which nobody knows what they are."""
    return [pin.name for pin in (*pins.silver.values(), pins.bronze) if not pin.history and pin.name in rows]


def _tables(pins: Pins, rows: dict[str, Counts]) -> list[dict[str, Any]]:
    """What was read, so that anybody can look at the same."""
    return [
        {
            "table": pin.name,
            "snapshot_id": None if pin.snapshot_id is None else str(pin.snapshot_id),
            "position": {life: list(row) for life, row in pin.position.items()},
            "rows": rows.get(pin.name, Counts()).total(),
        }
        for pin in (*pins.silver.values(), pins.bronze)
    ]
