"""What a watcher reads of an event."""

from collections.abc import Callable

import pytest
from generator.behaviour.events import Event
from generator.encoding import encode, produced_at
from generator.sampling import KEPT, Samples
from generator.sayings import said
from shoplake_service_kit.event_publisher import Message


def test_every_type_of_event_is_told_in_words(make_traffic: Callable[..., list[Event]]) -> None:
    told = {event.event_type: said(encode(event, produced_at("now"))) for event in make_traffic(1, 20_000)}
    assert len(told) == 8
    assert told["page_view"].startswith("PageViewEvent: ")
    assert " viewed /" in told["page_view"]
    assert " purchased P-" in told["purchase"]
    assert " for $" in told["purchase"]
    assert told["product_update"].startswith("ProductUpdateEvent: shop ")


@pytest.mark.parametrize("value", [b"", b"\xff", b"[]", b'{"event_type": 3}', b'{"event_type": "teleport"}', b"{}"])
def test_what_is_no_event_is_told_as_such(value: bytes) -> None:
    assert said(Message("purchases", None, value)) == "a malformed message for purchases"


def test_one_event_a_second_is_taken_and_only_the_newest_are_kept() -> None:
    samples, message = Samples(), Message("purchases", None, b"")
    for tick in range(1_000):
        samples.take([message], tick, now=tick / 10)
    kept = [sample["produced"] for sample in samples.figures()["samples"]]
    assert kept == list(range(1_000 - 10 * KEPT, 1_000, 10))
