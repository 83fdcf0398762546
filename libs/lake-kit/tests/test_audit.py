"""The equation between staging and publishing, as numbers in and a verdict out."""

from collections.abc import Callable

import pytest
from shoplake_contracts.errors import AuditFailed
from shoplake_lake_kit.audit import audit
from shoplake_lake_kit.box import Box
from shoplake_lake_kit.plan import Plan
from shoplake_lake_kit.ports import Role, Staged
from shoplake_lake_kit.stamp import Stamp
from shoplake_lake_kit.vector import Counts, Position

ROLES = {"q": Role.QUARANTINED, "good": Role.OUT, "dup": Role.DUPLICATES}
BOX = Box(Position({"t": [0, 0]}), Position({"t": [10, 5]}))


def plan(pending: tuple[str, ...] = ("q", "good", "dup"), **stamps: Stamp) -> Plan:
    known = {name: stamps.get(name) for name in ("q", "good", "dup")}
    return Plan(BOX, pending, known, Position(), {}, {}, "c1", is_table=False)


def staged(**counts: list[int]) -> dict[str, Staged]:
    return {
        name: Staged(snapshot_id=1, attempt="a", counts=Counts({"t": row}), rows=sum(row))
        for name, row in counts.items()
    }


def test_every_event_in_one_table_passes_and_gaps_are_what_is_left() -> None:
    audited = audit(plan(), ROLES, staged(q=[1, 0], good=[6, 4], dup=[1, 1]), Counts({"t": [8, 5]}))
    assert audited.read == Counts({"t": [8, 5]})
    assert audited.offset_gaps == Counts({"t": [2, 0]})


def test_a_missing_event_is_named() -> None:
    with pytest.raises(AuditFailed, match="read and landed differ at t/1: 5 and 4"):
        audit(plan(), ROLES, staged(q=[0, 0], good=[8, 3], dup=[0, 1]), Counts({"t": [8, 5]}))


def test_equal_sums_in_the_wrong_partitions_fail() -> None:
    with pytest.raises(AuditFailed, match="t/0: 8 and 7; t/1: 4 and 5"):
        audit(plan(), ROLES, staged(q=[0, 0], good=[7, 5], dup=[0, 0]), Counts({"t": [8, 4]}))


def test_without_a_count_at_the_source_the_rows_are_the_events() -> None:
    audited = audit(plan(("good",)), {"good": Role.OUT}, staged(good=[9, 5]), None)
    assert audited.read == Counts({"t": [9, 5]})
    assert audited.offset_gaps == Counts({"t": [1, 0]})


def test_more_rows_than_offsets_fail() -> None:
    with pytest.raises(AuditFailed, match="more events than offsets at t/0: 11 and 10"):
        audit(plan(("good",)), {"good": Role.OUT}, staged(good=[11, 5]), None)


def test_published_tables_count_by_their_stamps(make_stamp: Callable[..., Stamp]) -> None:
    lead = make_stamp(read={"t": [8, 5]}, quarantined={"t": [2, 0]})
    audited = audit(plan(("good", "dup"), q=lead), ROLES, staged(good=[6, 4], dup=[0, 1]), Counts({"t": [8, 5]}))
    assert audited.read == lead.read


def test_a_source_that_changed_since_the_lead_was_published_fails(make_stamp: Callable[..., Stamp]) -> None:
    lead = make_stamp(read={"t": [8, 5]}, quarantined={"t": [2, 0]})
    with pytest.raises(AuditFailed, match="when q was published differ at t/1: 4 and 5"):
        audit(plan(("good", "dup"), q=lead), ROLES, staged(good=[6, 4], dup=[0, 0]), Counts({"t": [8, 4]}))


def test_derived_tables_have_no_equation() -> None:
    audited = audit(plan(("good",)), {"good": Role.DERIVED}, staged(good=[99, 0]), None)
    assert audited.read == audited.offset_gaps == Counts()
