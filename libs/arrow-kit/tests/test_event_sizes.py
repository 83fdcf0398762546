"""How many events a box may hold follows from the sizes of those that were read."""

from shoplake_arrow_kit.event_sizes import EventSizes
from shoplake_lake_kit.plan import Limits
from shoplake_lake_kit.ports import Source
from shoplake_lake_kit.vector import Position

LIMITS = Limits(events=200_000, bytes=256 * 1024 * 1024)


def allowed(sizes: EventSizes, **held: int) -> int:
    return LIMITS.of(Source("c", {}, None, Position(), Position(), sizes.averages(held)))


def test_before_anything_was_read_events_count_as_large() -> None:
    assert allowed(EventSizes(), purchases=7) == 16_384
    assert allowed(EventSizes(), purchases=0) == 200_000


def test_measured_events_fill_the_box() -> None:
    sizes = EventSizes()
    sizes.seen({"purchases": 10}, {"purchases": 6_000})
    assert allowed(sizes, purchases=7) == 200_000
    assert allowed(sizes, purchases=7, unread=7) == 200_000


def test_a_topic_whose_events_grow_bounds_the_next_box() -> None:
    sizes = EventSizes()
    for size in (600, 1_000_000, 1_000_000):
        sizes.seen({"purchases": 1, "carts": 1}, {"purchases": size, "carts": 100})
    assert allowed(sizes, purchases=7, carts=7) < 400
    assert allowed(sizes, carts=7) == 200_000
