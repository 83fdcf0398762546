"""Topics are created from the contract, once, whoever else does the same."""

from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.errors import KafkaConnectionError
from shoplake_contracts import topics as contract
from shoplake_contracts.errors import BrokerUnavailable
from shoplake_service_kit.settings import KafkaSettings
from shoplake_service_kit.topics import ensure_topics

pytestmark = pytest.mark.anyio
ALL = {name: topic.partitions for name, topic in contract.load().items()}
READABLE = {"producer", "uncompressed", "gzip"}


class FakeAdmin:
    """A cluster with some topics."""

    def __init__(self, present: dict[str, int], *, error: int = 0, away: bool = False) -> None:
        self.present = present
        self.error = error
        self.away = away
        self.created: dict[str, Any] = {}
        self.widened: dict[str, int] = {}
        self.closed = False

    async def start(self) -> None:
        if self.away:
            raise KafkaConnectionError("refused")

    async def close(self) -> None:
        self.closed = True

    async def describe_topics(self) -> list[dict[str, Any]]:
        return [{"topic": name, "partitions": list(range(count))} for name, count in self.present.items()]

    async def create_topics(self, topics: list[Any]) -> SimpleNamespace:
        self.created = {topic.name: topic for topic in topics}
        return SimpleNamespace(topic_errors=[(topic.name, self.error, "why") for topic in topics])

    async def create_partitions(self, wanted: dict[str, Any]) -> None:
        self.widened = {name: new.total_count for name, new in wanted.items()}


async def ensure(admin: FakeAdmin) -> list[str]:
    return await ensure_topics(KafkaSettings(), connect=lambda: admin)


async def test_all_of_them_on_an_empty_cluster() -> None:
    admin = FakeAdmin({})
    assert sorted(await ensure(admin)) == sorted(ALL)
    assert {name: topic.num_partitions for name, topic in admin.created.items()} == ALL
    assert admin.created["pipeline-state"].topic_configs["cleanup.policy"] == "compact"
    assert admin.closed


async def test_nothing_when_all_are_there_with_more_partitions_too() -> None:
    admin = FakeAdmin({name: count + 3 for name, count in ALL.items()} | {"foreign": 1})
    assert await ensure(admin) == []
    assert (admin.created, admin.widened) == ({}, {})


async def test_missing_partitions_are_added() -> None:
    name = max(ALL, key=lambda topic: ALL[topic])
    assert ALL[name] > 1
    admin = FakeAdmin(ALL | {name: 1})
    assert await ensure(admin) == [name]
    assert admin.widened == {name: ALL[name]}


async def test_another_service_was_faster() -> None:
    assert await ensure(FakeAdmin({}, error=36)) == []


async def test_a_refusal_names_the_topic() -> None:
    with pytest.raises(BrokerUnavailable, match="cannot be created: TopicAuthorizationFailedError"):
        await ensure(FakeAdmin({}, error=29))


async def test_kafka_is_away() -> None:
    admin = FakeAdmin({}, away=True)
    with pytest.raises(BrokerUnavailable):
        await ensure(admin)
    assert admin.closed


@pytest.mark.parametrize("name", [name for name in ALL if name.startswith("pipeline-")])
def test_the_kit_can_read_what_the_broker_stores(name: str) -> None:
    assert contract.load()[name].compression in READABLE
