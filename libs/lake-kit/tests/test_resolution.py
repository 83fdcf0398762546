"""What a person may accept, exactly, and from where a stage goes on after it."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from shoplake_contracts.errors import ResolutionDiffers
from shoplake_lake_kit.faults import Gap
from shoplake_lake_kit.plan import Limits, make_plan
from shoplake_lake_kit.ports import Source
from shoplake_lake_kit.resolution import Loss, Resolution, resolve
from shoplake_lake_kit.stamp import Stamp
from shoplake_lake_kit.vector import Counts, Position

MakeStamp = Callable[..., Stamp]
MakeSource = Callable[..., Source]
GAP = Gap("purchases", 0, 10, 17)


def test_an_accepted_gap_is_jumped_over_and_counted_as_lost(make_stamp: MakeStamp, make_source: MakeSource) -> None:
    source = make_source(beginning={"purchases": [17, 0]})
    resolved = resolve(make_stamp(), source, Resolution(gaps=frozenset({GAP})))

    assert resolved.stamp.position == Position({"purchases": [17, 20]})
    assert resolved.stamp.totals.lost == Counts({"purchases": [7]})
    assert resolved.losses == (Loss("purchases", 0, 0, 10, 17),)
    plan = make_plan({"lead": resolved.stamp}, source, Limits())
    assert plan is not None
    assert plan.box.end == Position({"purchases": [30, 30]})


@pytest.mark.parametrize(
    "resolution",
    [
        Resolution(),
        Resolution(gaps=frozenset({Gap("purchases", 0, 10, 16)})),
        Resolution(gaps=frozenset({GAP, Gap("purchases", 1, 20, 21)})),
        Resolution(gaps=frozenset({GAP}), topics={"purchases": "id1"}),
        Resolution(gaps=frozenset({GAP}), cluster="c2"),
    ],
)
def test_a_resolution_about_anything_else_is_refused_with_the_facts(
    make_stamp: MakeStamp, make_source: MakeSource, resolution: Resolution
) -> None:
    with pytest.raises(ResolutionDiffers) as refused:
        resolve(make_stamp(), make_source(beginning={"purchases": [17, 0]}), resolution)
    assert refused.value.facts["gaps"] == [{"topic": "purchases", "epoch": 0, "partition": 0, "from": 10, "to": 17}]


def test_a_sound_source_needs_no_resolution(make_stamp: MakeStamp, make_source: MakeSource) -> None:
    with pytest.raises(ResolutionDiffers, match="nothing to resolve"):
        resolve(make_stamp(), make_source(), Resolution())


@pytest.mark.parametrize("end", [[3, 4], [90, 90]], ids=["shorter", "longer"])
def test_a_recreated_topic_begins_a_new_life(make_stamp: MakeStamp, make_source: MakeSource, end: list[int]) -> None:
    source = make_source(end={"purchases": end}, topic_id="id2")
    resolved = resolve(make_stamp(), source, Resolution(topics={"purchases": "id2"}))

    assert resolved.stamp.epochs == {"purchases": 1}
    assert resolved.stamp.topic_ids == {"purchases": "id2"}
    assert resolved.losses == (Loss("purchases", 0, 0, 10, None), Loss("purchases", 0, 1, 20, None))
    plan = make_plan({"lead": resolved.stamp}, source, Limits())
    assert plan is not None
    assert {(part.epoch, part.partition, part.start, part.end) for part in plan.box.ranges()} == {
        (1, 0, 0, end[0]),
        (1, 1, 0, end[1]),
    }
    assert plan.box.end["purchases"] == (10, 20)


def test_a_topic_that_lost_its_end_begins_a_new_life(make_stamp: MakeStamp, make_source: MakeSource) -> None:
    source = make_source(end={"purchases": [10, 5]})
    resolved = resolve(make_stamp(), source, Resolution(topics={"purchases": "id1"}))
    assert resolved.stamp.position == Position({"purchases": [10, 20], "purchases@1": [0, 0]})


def test_another_cluster_with_the_same_topics_is_read_on(make_stamp: MakeStamp, make_source: MakeSource) -> None:
    resolved = resolve(make_stamp(), make_source(cluster="c2"), Resolution(cluster="c2"))
    assert (resolved.stamp.cluster, resolved.stamp.epochs) == ("c2", {"purchases": 0})
    assert resolved.stamp.position == make_stamp().position


def test_a_third_life_leaves_the_first_two_alone(make_stamp: MakeStamp, make_source: MakeSource) -> None:
    source = make_source(end={"purchases": [2, 2]}, topic_id="id2")
    second = resolve(make_stamp(), source, Resolution(topics={"purchases": "id2"})).stamp
    read = replace(second, position=Position({"purchases": [10, 20], "purchases@1": [2, 2]}))
    third = resolve(read, replace(source, topic_ids={"purchases": "id3"}), Resolution(topics={"purchases": "id3"}))
    assert third.stamp.epochs == {"purchases": 2}
    assert third.stamp.position == Position({"purchases": [10, 20], "purchases@1": [2, 2], "purchases@2": [0, 0]})
