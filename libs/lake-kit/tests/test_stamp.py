"""A stamp survives being written into a table and read back."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from shoplake_contracts.errors import StampMissing
from shoplake_lake_kit.stamp import Stamp, Totals, from_properties, next_stamp
from shoplake_lake_kit.touched import Touched
from shoplake_lake_kit.vector import Counts

MakeStamp = Callable[..., Stamp]


def test_properties_give_the_stamp_back(make_stamp: MakeStamp) -> None:
    stamp = make_stamp(
        read={"purchases": [3, 4]},
        out={"purchases": [3, 2]},
        event_time_min=datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC),
        appended_at_max=datetime(2026, 1, 2, tzinfo=UTC),
        complete_until=datetime(2026, 1, 3, tzinfo=UTC),
        touched=Touched(happened=((1, 5), (86_400, 86_400)), arrived=((90_000, 90_001),)),
        totals=Totals(read=Counts({"purchases": [30]}), lost=Counts({"purchases": [0, 1]})),
    )
    assert from_properties(stamp.to_properties()) == stamp


def test_properties_are_text_under_the_documented_names(make_stamp: MakeStamp) -> None:
    properties = make_stamp(read={"purchases": [3]}).to_properties()
    assert properties["shoplake.position"] == '{"purchases":[10,20]}'
    assert properties["shoplake.in"] == '{"purchases":[3]}'
    assert properties["shoplake.epochs"] == '{"purchases":0}'
    assert properties["shoplake.version"] == "1"
    assert "shoplake.event_time_min" not in properties
    totals = ("in", "out", "quarantined", "duplicates", "replayed", "offset_gaps", "lost", "erased")
    assert {f"shoplake.total_{name}" for name in totals} <= properties.keys()
    assert all(isinstance(value, str) for value in properties.values())


def test_other_properties_do_not_disturb(make_stamp: MakeStamp) -> None:
    stamp = make_stamp()
    assert from_properties({"added-records": "1", **stamp.to_properties()}) == stamp


def test_a_snapshot_without_position_carries_no_stamp() -> None:
    assert from_properties({"added-records": "1"}) is None


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("position", "nonsense"),
        ("position", '{"purchases":[-1]}'),
        ("in", "[]"),
        ("epochs", "[]"),
        ("version", "2"),
        ("event_time_min", "yesterday"),
        ("touched", "all"),
        ("writer", None),
    ],
)
def test_a_stamp_that_cannot_be_read_is_refused(make_stamp: MakeStamp, key: str, value: str | None) -> None:
    properties = make_stamp().to_properties() | {f"shoplake.{key}": value or ""}
    if value is None:
        del properties[f"shoplake.{key}"]
    with pytest.raises(StampMissing, match="cannot be read"):
        from_properties(properties)


def test_totals_are_carried_on(make_stamp: MakeStamp) -> None:
    first = next_stamp(None, make_stamp(read={"purchases": [3]}, out={"purchases": [2]}), Counts())
    second = next_stamp(
        first, make_stamp(read={"purchases": [4]}, out={"purchases": [1, 1]}), Counts({"purchases": [5]})
    )
    assert second.totals == Totals(
        read=Counts({"purchases": [7]}), out=Counts({"purchases": [3, 1]}), offset_gaps=Counts({"purchases": [5]})
    )
    assert second.read == Counts({"purchases": [4]})


def test_what_was_proved_complete_stays_so(make_stamp: MakeStamp) -> None:
    noon = datetime(2026, 1, 2, 12, tzinfo=UTC)
    proved = next_stamp(None, make_stamp(complete_until=noon), Counts())
    within = next_stamp(proved, make_stamp(complete_until=None), Counts())
    clock_set_back = next_stamp(within, make_stamp(complete_until=noon - timedelta(hours=1)), Counts())
    assert [proved.complete_until, within.complete_until, clock_set_back.complete_until] == [noon, noon, noon]
    assert next_stamp(None, make_stamp(), Counts()).complete_until is None
