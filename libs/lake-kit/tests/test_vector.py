"""The algebra that positions and counts obey."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shoplake_lake_kit.vector import Counts, Position

rows = st.lists(st.integers(-50, 50), max_size=3)
vectors = st.builds(Counts, st.dictionaries(st.sampled_from(["a", "b", "c"]), rows))


@given(vectors, vectors, vectors)
def test_plus_is_an_abelian_group(x: Counts, y: Counts, z: Counts) -> None:
    assert x.plus(y) == y.plus(x)
    assert x.plus(y).plus(z) == x.plus(y.plus(z))
    assert x.plus(Counts.zero()) == x
    assert x.plus(y).minus(y) == x


@given(vectors, vectors)
def test_lowest_and_highest_bound_both(x: Counts, y: Counts) -> None:
    assert x.covers(x.lowest(y))
    assert x.highest(y).covers(y)
    assert x.lowest(y).plus(x.highest(y)) == x.plus(y)
    assert x.covers(y) == (x.highest(y) == x)


@given(vectors, vectors)
def test_totals_add_up(x: Counts, y: Counts) -> None:
    assert x.plus(y).total() == x.total() + y.total()


@given(vectors)
def test_text_and_entries_give_the_vector_back(x: Counts) -> None:
    assert Counts.parse(x.to_json()) == x
    assert Counts.from_items(x.entries()) == x
    assert hash(Counts.parse(x.to_json())) == hash(x)


@given(vectors, vectors)
def test_extended_keeps_what_is_known_and_adds_the_rest(x: Counts, y: Counts) -> None:
    both = x.extended(y)
    for topic, partition, number in both.entries():
        known = x.knows(topic, partition)
        assert number == (x if known else y).at(topic, partition)
        assert known or y.knows(topic, partition)


def test_a_partition_not_named_is_zero_but_not_known() -> None:
    position = Position({"purchases": [7]})
    assert position.at("purchases", 1) == 0
    assert not position.knows("purchases", 1)
    assert position == Position({"purchases": [7, 0], "refunds": []})


def test_text_is_compact_with_sorted_topics() -> None:
    assert Position({"b": [1], "a": [2, 3]}).to_json() == '{"a":[2,3],"b":[1]}'


def test_one_number_is_replaced() -> None:
    assert Counts({"a": [1]}).with_("b", 1, 9) == Counts({"a": [1], "b": [0, 9]})


def test_numbers_of_one_partition_add_up() -> None:
    assert Counts.from_items([("a", 1, 2), ("a", 1, 3)]) == Counts({"a": [0, 5]})


def test_a_position_is_no_count() -> None:
    assert Position({"a": [1]}) != Counts({"a": [1]})


@pytest.mark.parametrize("text", ["[]", '{"a":1}', '{"a":[1.5]}', '{"a":[true]}', '{"a":["1"]}', "nonsense"])
def test_what_is_no_vector_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Position.parse(text)
