"""What is taken of the pieces that come, and when a box is read to its end."""

import pyarrow as pa
from shoplake_arrow_kit.remainder import Remainder
from shoplake_lake_kit.box import Box
from shoplake_lake_kit.vector import Position

Address = tuple[str, int, int]
BOX = Box(Position({"a": [2, 0], "b": [5]}), Position({"a": [4, 3], "b": [7]}))


def take(left: Remainder, *addresses: Address) -> list[Address]:
    columns = zip(("topic", "partition", "offset"), map(list, zip(*addresses, strict=True)), strict=True)
    return [tuple(row.values()) for row in left.take(pa.table(dict(columns))).to_pylist()]


def test_what_lies_around_the_box_is_left_out() -> None:
    left = Remainder(BOX)
    assert left.offsets == 7
    assert take(left, ("a", 0, 1), ("a", 0, 2), ("b", 0, 6), ("b", 0, 7), ("c", 0, 6)) == [("a", 0, 2), ("b", 0, 6)]
    assert left.reached() == [("b", 0)]
    assert (str(left), left.offsets) == ("a/0: 3 to 4, a/1: 0 to 3", 4)


def test_what_was_taken_is_not_taken_again() -> None:
    left = Remainder(BOX)
    assert take(left, ("a", 1, 0), ("a", 1, 1)) == [("a", 1, 0), ("a", 1, 1)]
    assert take(left, ("a", 1, 1), ("a", 1, 2)) == [("a", 1, 2)]
    assert left.reached() == [("a", 1)]
    assert take(left, ("a", 1, 2)) == []


def test_offsets_without_events_are_skipped_but_never_backwards() -> None:
    left = Remainder(BOX)
    take(left, ("a", 0, 3))
    left.skip([(("a", 0), 2), (("a", 1), 3), (("b", 0), 9), (("z", 0), 1)])
    assert left.reached() == [("a", 0), ("a", 1), ("b", 0)]
    assert not left
