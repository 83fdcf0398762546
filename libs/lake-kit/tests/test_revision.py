"""What a replay and a backfill do to the totals of a table."""

from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any, cast

import pytest
from shoplake_lake_kit.ports import Role, Staged, TablePort
from shoplake_lake_kit.revision import Kind, Revision
from shoplake_lake_kit.stamp import Stamp, Totals
from shoplake_lake_kit.vector import Counts

TABLE = cast("TablePort[Any]", SimpleNamespace(name="silver.purchases", role=Role.OUT))


def counts(number: int) -> Counts:
    return Counts({"purchases": [number]})


@pytest.mark.parametrize(
    ("kind", "rows", "fates", "out", "replayed"),
    [
        (Kind.REPLAY, 3, {}, 13, 5),
        (Kind.BACKFILL, 10, {"removed": 10}, 10, 2),
        (Kind.BACKFILL, 7, {"removed": 10}, 7, 2),
        # Two of the rows that leave had come by a replay: quarantine has them already.
        (Kind.BACKFILL, 7, {"removed": 10, "withdrawn": 2}, 7, 0),
    ],
)
def test_totals(
    make_stamp: Callable[..., Stamp], kind: Kind, rows: int, fates: Mapping[str, int], out: int, replayed: int
) -> None:
    fate = {name: {TABLE.name: counts(number)} for name, number in fates.items()}
    revision: Revision[Any] = Revision(kind=kind, id="r1", frames={TABLE.name: None}, **fate)  # type: ignore[arg-type]
    staged = Staged(snapshot_id=1, attempt="a2", counts=counts(rows), rows=rows)
    previous = make_stamp(totals=Totals(out=counts(10), replayed=counts(2)))
    totals = revision.stamp(TABLE, staged, previous, "w").totals
    assert (totals.out, totals.replayed) == (counts(out), counts(replayed))


def test_what_the_stamp_says_of_its_newest_box_stays(make_stamp: Callable[..., Stamp]) -> None:
    revision: Revision[Any] = Revision(kind=Kind.REPLAY, id="r1", frames={TABLE.name: None})
    staged = Staged(snapshot_id=1, attempt="a2", counts=counts(3), rows=3)
    stamp = revision.stamp(TABLE, staged, make_stamp(read=counts(9), out=counts(7)), "w")
    assert (stamp.read, stamp.out) == (counts(9), counts(7))
    assert (stamp.writer, stamp.attempt, stamp.revision) == ("w", "a2", "r1")
