"""What a stage does next, and what it refuses to do, given stamps and a source."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from shoplake_contracts.errors import ForeignCluster, OffsetsGone, StampAhead, TopicRecreated
from shoplake_lake_kit.plan import Limits, Plan, make_plan
from shoplake_lake_kit.ports import Source
from shoplake_lake_kit.stamp import Stamp
from shoplake_lake_kit.vector import Position

MakeStamp = Callable[..., Stamp]
MakeSource = Callable[..., Source]
LIMITS = Limits(events=1000)
NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)


def planned(plan: Plan | None) -> Plan:
    assert plan is not None
    return plan


def test_the_first_box_begins_where_the_source_begins(make_source: MakeSource) -> None:
    source = make_source(beginning={"purchases": [5, 0]})
    plan = planned(make_plan({"lead": None, "other": None}, source, LIMITS))
    assert plan.box.start == plan.origin == Position({"purchases": [5, 0]})
    assert plan.box.end == Position({"purchases": [30, 30]})
    assert plan.epochs == {"purchases": 0}
    assert plan.pending == ("lead", "other")
    assert (plan.cluster, plan.topic_ids) == ("c1", {"purchases": "id1"})


def test_the_next_box_begins_at_the_position(make_stamp: MakeStamp, make_source: MakeSource) -> None:
    plan = planned(make_plan({"lead": make_stamp()}, make_source(), Limits(events=4)))
    assert plan.box.start == Position({"purchases": [10, 20]})
    assert plan.box.end == Position({"purchases": [12, 22]})


def test_nothing_new_is_no_plan(make_stamp: MakeStamp, make_source: MakeSource) -> None:
    assert make_plan({"lead": make_stamp()}, make_source(end={"purchases": [10, 20]}), LIMITS) is None


def test_a_new_partition_begins_at_its_beginning(make_stamp: MakeStamp, make_source: MakeSource) -> None:
    source = make_source(beginning={"purchases": [0, 0, 7]}, end={"purchases": [10, 20, 9]})
    plan = planned(make_plan({"lead": make_stamp()}, source, LIMITS))
    assert plan.box.start.at("purchases", 2) == plan.origin.at("purchases", 2) == 7


def test_an_open_box_is_completed_with_its_own_limits(make_stamp: MakeStamp, make_source: MakeSource) -> None:
    lead = make_stamp(attempt="a2")
    behind = make_stamp(position={"purchases": [4, 20]})
    stamps = {"lead": lead, "done": make_stamp(attempt="a2"), "late": behind, "later": behind}
    plan = planned(make_plan(stamps, make_source(), Limits(events=1)))
    assert plan.box.start == behind.position
    assert plan.box.end == lead.position
    assert plan.pending == ("late", "later")
    assert plan.completed().keys() == {"lead", "done"}


def test_a_first_box_is_completed_from_the_origin(make_stamp: MakeStamp, make_source: MakeSource) -> None:
    lead = make_stamp(origin={"purchases": [3, 0]})
    plan = planned(make_plan({"lead": lead, "late": None}, make_source(), LIMITS))
    assert plan.box.start == lead.origin
    assert plan.box.end == lead.position


def test_a_partition_that_appears_while_a_box_is_open_is_not_in_it(
    make_stamp: MakeStamp, make_source: MakeSource
) -> None:
    source = make_source(beginning={"purchases": [0, 0, 7]}, end={"purchases": [10, 20, 9]})
    plan = planned(make_plan({"lead": make_stamp(), "late": None}, source, LIMITS))
    assert not plan.box.end.knows("purchases", 2)


def test_a_gap_is_named(make_stamp: MakeStamp, make_source: MakeSource) -> None:
    stamp = make_stamp(position={"purchases": [10, 120]})
    source = make_source(beginning={"purchases": [0, 340]}, end={"purchases": [10, 400]})
    with pytest.raises(OffsetsGone, match=r"^purchases/1: offsets 120-340 are gone, 220 events$"):
        make_plan({"lead": stamp}, source, LIMITS)


def test_another_cluster_is_refused(make_stamp: MakeStamp, make_source: MakeSource) -> None:
    with pytest.raises(ForeignCluster, match=r"c1.*c2"):
        make_plan({"lead": make_stamp()}, make_source(cluster="c2"), LIMITS)


def test_a_recreated_topic_is_refused(make_stamp: MakeStamp, make_source: MakeSource) -> None:
    with pytest.raises(TopicRecreated, match="purchases: recorded id id1, now id2"):
        make_plan({"lead": make_stamp()}, make_source(topic_id="id2"), LIMITS)


def test_a_source_that_ends_early_is_refused(make_stamp: MakeStamp, make_source: MakeSource) -> None:
    with pytest.raises(StampAhead, match="purchases/1: the table is at 20, the source ends at 15"):
        make_plan({"lead": make_stamp()}, make_source(end={"purchases": [30, 15]}), LIMITS)


def test_a_table_ahead_of_the_lead_is_refused(make_stamp: MakeStamp, make_source: MakeSource) -> None:
    ahead = make_stamp(position={"purchases": [11, 20]})
    with pytest.raises(StampAhead, match="other hold more than lead"):
        make_plan({"lead": make_stamp(), "other": ahead}, make_source(), LIMITS)
    with pytest.raises(StampAhead, match="other carry a stamp, lead"):
        make_plan({"lead": None, "other": ahead}, make_source(), LIMITS)


def test_tables_behind_by_different_boxes_are_refused(make_stamp: MakeStamp, make_source: MakeSource) -> None:
    stamps = {
        "lead": make_stamp(),
        "one": make_stamp(position={"purchases": [9, 20]}),
        "two": make_stamp(position={"purchases": [8, 20]}),
    }
    with pytest.raises(StampAhead, match="different boxes"):
        make_plan(stamps, make_source(), LIMITS)


def test_a_limit_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        Limits(events=0)


def test_a_new_life_that_the_upstream_accepted_is_read_on(make_stamp: MakeStamp, make_source: MakeSource) -> None:
    lives = {"purchases": [10, 20], "purchases@1": [3]}
    source = replace(
        make_source(beginning={"purchases": [0, 0], "purchases@1": [0]}, end=lives, topic_id="id2"),
        epochs={"purchases": 1},
    )
    plan = planned(make_plan({"lead": make_stamp()}, source, LIMITS))
    assert plan.box.end == Position(lives)
    assert (plan.epochs, plan.topic_ids) == ({"purchases": 1}, {"purchases": "id2"})


def test_another_id_within_the_same_life_of_the_upstream_is_refused(
    make_stamp: MakeStamp, make_source: MakeSource
) -> None:
    with pytest.raises(TopicRecreated):
        make_plan({"lead": make_stamp()}, replace(make_source(topic_id="id2"), epochs={"purchases": 0}), LIMITS)


def test_an_upstream_table_of_another_cluster_is_followed(make_stamp: MakeStamp, make_source: MakeSource) -> None:
    table = replace(make_source(cluster="c2"), epochs={"purchases": 0}, is_table=True)
    assert planned(make_plan({"lead": make_stamp()}, table, LIMITS)).cluster == "c2"


def test_a_box_that_reaches_the_end_proves_what_the_source_held(make_stamp: MakeStamp, make_source: MakeSource) -> None:
    source = replace(make_source(), complete_until=NOON)
    stamps = {"lead": make_stamp(complete_until=NOON - timedelta(hours=1))}
    assert planned(make_plan(stamps, source, LIMITS)).complete_until == NOON
    assert planned(make_plan(stamps, source, Limits(events=4))).complete_until is None


def test_an_open_box_proves_what_its_lead_says(make_stamp: MakeStamp, make_source: MakeSource) -> None:
    stamps = {"lead": make_stamp(complete_until=NOON), "late": make_stamp(position={"purchases": [4, 20]})}
    later = replace(make_source(), complete_until=NOON + timedelta(hours=1))
    assert planned(make_plan(stamps, later, LIMITS)).complete_until == NOON
