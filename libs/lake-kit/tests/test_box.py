"""What a planned box may and must be."""

from hypothesis import given
from hypothesis import strategies as st
from shoplake_lake_kit.box import Box, Range, plan_box
from shoplake_lake_kit.vector import Counts, Position

TOPICS = st.sampled_from(["a", "b", "c"])
positions = st.builds(Position, st.dictionaries(TOPICS, st.lists(st.integers(0, 40), max_size=3)))
limits = st.integers(1, 60)


@given(positions, positions, limits)
def test_a_box_stays_between_start_and_end(start: Position, end: Position, limit: int) -> None:
    box = plan_box(start, end, limit)
    assert box.start == start
    assert box.end.covers(start)
    assert start.highest(end).covers(box.end)


@given(positions, positions, limits)
def test_a_box_takes_all_up_to_the_limit(start: Position, end: Position, limit: int) -> None:
    available = start.highest(end).minus(start).total()
    box = plan_box(start, end, limit)
    assert box.counts().total() == min(limit, available)
    assert box.empty == (available == 0)


@given(positions, limits)
def test_boxes_one_after_the_other_reach_the_end(end: Position, limit: int) -> None:
    at, seen = Position(), Counts()
    while not (box := plan_box(at, end, limit)).empty:
        at, seen = box.end, seen.plus(box.counts())
    assert at == end
    assert seen == Counts(end)


@given(positions, positions, limits)
def test_ranges_are_the_box(start: Position, end: Position, limit: int) -> None:
    box = plan_box(start, end, limit)
    ranges = box.ranges()
    assert Counts.from_items((part.topic, part.partition, part.end - part.start) for part in ranges) == box.counts()
    assert all(part.start < part.end for part in ranges)


def test_small_backlogs_are_taken_whole_and_large_ones_share() -> None:
    box = plan_box(Position(), Position({"a": [2, 100], "b": [100]}), 22)
    assert box.end == Position({"a": [2, 10], "b": [10]})


def test_an_empty_partition_is_known_from_then_on() -> None:
    box = plan_box(Position({"a": [1]}), Position({"a": [2, 0]}), 10)
    assert box.end.knows("a", 1)


def test_ranges_name_topic_epoch_partition_and_offsets() -> None:
    box = Box(Position({"a@1": [5, 7]}), Position({"a@1": [5, 9]}))
    assert box.ranges() == (Range("a", 1, 1, 7, 9),)
