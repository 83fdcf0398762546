"""Topics: what bronze reads, what the pipeline keeps for itself, and how both are created."""

import pytest
from shoplake_contracts import events, topics
from shoplake_contracts.topics import Topic

SERVICES = {"generator", "bronze-ingest", "silver-process", "gold-batch", "health"}
OTHERS = {"shop", "cli", "operator"}
DAY_MS = 86_400_000


def test_bronze_reads_six_topics() -> None:
    assert set(topics.event_topics()) == {
        "page-views",
        "cart-events",
        "purchases",
        "user-sessions",
        "product-updates",
        "raw-events",
    }


def test_each_event_type_has_one_topic() -> None:
    carried = [kind for topic in topics.load().values() for kind in topic.event_types]
    assert sorted(carried) == sorted(set(carried)) == sorted(events.event_types())
    assert len(carried) == 8


@pytest.mark.parametrize("topic", topics.load().values(), ids=lambda topic: topic.name)
def test_topic_is_well_formed(topic: Topic) -> None:
    assert topic.doc
    assert topic.key
    assert topic.partitions >= 1
    assert set(topic.producers) | set(topic.consumers) <= SERVICES | OTHERS
    assert topic.producers
    assert topic.consumers


@pytest.mark.parametrize("name", topics.event_topics())
def test_event_topics_have_the_broker_s_clock_and_are_never_compacted(name: str) -> None:
    assert topics.config(name) == {
        "cleanup.policy": "delete",
        "compression.type": "producer",
        "max.message.bytes": str(2 * 1024 * 1024),
        "message.timestamp.type": "LogAppendTime",
        "retention.ms": str(7 * DAY_MS),
    }


def test_state_is_compacted_and_has_no_retention() -> None:
    config = topics.config("pipeline-state")
    assert config["cleanup.policy"] == "compact"
    assert "retention.ms" not in config
