"""A day of traffic, and a way to Kafka that keeps everything in memory."""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import pytest
from generator.behaviour.events import Event, Millis
from generator.behaviour.shop import Shop, Size
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from shoplake_contracts import events as contract
from shoplake_contracts.errors import BrokerUnavailable
from shoplake_service_kit.event_publisher import Delivered, Message, Unacknowledged

NOON = 1_767_268_800_000
"""2026-01-01T12:00:00Z in milliseconds."""

SMALL = Size(products=200, users=300, addresses=50, brands=10)
Body = dict[str, Any]


def read(value: bytes) -> Body:
    """An event as any reader of its JSON sees it, with exact amounts."""
    body: Body = json.loads(value, parse_float=Decimal)
    return body


def traffic(seed: int, number: int, visits: int = 50) -> list[Event]:
    shop = Shop(seed, visits, SMALL)
    return [shop.next_event(Millis(NOON + 40 * n)) for n in range(number)]


@pytest.fixture(scope="session")
def day() -> list[Body]:
    return [read(event.value) for event in traffic(seed=7, number=100_000)]


@pytest.fixture(scope="session")
def make_traffic() -> Callable[..., list[Event]]:
    return traffic


@pytest.fixture(scope="session")
def faults() -> Callable[[Body], list[str]]:
    """What is wrong with an event by the contract."""
    registry: Registry[Any] = Registry().with_resource(
        "common.v1.schema.json", Resource.from_contents(contract.schema("common"))
    )
    validators = {
        name: Draft202012Validator(contract.schema(name), registry=registry) for name in contract.event_types()
    }
    return lambda event: [error.message for error in validators[event["event_type"]].iter_errors(event)]


class Kept:
    """A publisher that confirms everything on one partition per topic, unless told how often to fail first."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.is_open = False
        self.connects = 0
        self.failures: list[int] = []
        """For each publish to fail: how many messages of it are confirmed before."""
        self.away = False
        self._ends: Counter[str] = Counter()

    def open(self) -> None:
        self.connects += 1
        if self.away:
            raise BrokerUnavailable("Kafka does not answer")
        self.is_open = True

    def publish(self, messages: Sequence[Message]) -> list[Delivered]:
        assert self.is_open
        if self.failures and messages[0].topic != "generator-manifest":
            confirmed = self.failures.pop(0)
            delivered = self._take(messages[:confirmed])
            raise Unacknowledged(list(messages[confirmed:]), TimeoutError("no answer"), delivered)
        return self._take(messages)

    def close(self) -> None:
        self.is_open = False

    def on(self, topic: str) -> list[Message]:
        return [message for message in self.messages if message.topic == topic]

    def events(self) -> list[Message]:
        return [message for message in self.messages if message.topic != "generator-manifest"]

    def _take(self, messages: Sequence[Message]) -> list[Delivered]:
        self.messages.extend(messages)
        batches = []
        for topic in dict.fromkeys(message.topic for message in messages):
            lane = [message for message in messages if message.topic == topic]
            batches.append(Delivered(topic, 0, self._ends[topic], lane))
            self._ends[topic] += len(lane)
        return batches


@pytest.fixture
def kept() -> Kept:
    return Kept()


@pytest.fixture(scope="session")
def by_session(day: list[Body]) -> dict[str, list[Body]]:
    """The events of each visit of a person, in order; those of bots are elsewhere."""
    sessions: dict[str, list[Body]] = {}
    for event in day:
        if event.get("session_id") and not event["anonymous_id"].startswith("client-"):
            sessions.setdefault(event["session_id"], []).append(event)
    return sessions
