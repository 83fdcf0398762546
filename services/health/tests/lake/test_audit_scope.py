"""By hour of arrival, and audits of some topics or of the last hours only."""

from typing import Any

import pytest
from health.audit.request import AuditRequest
from pydantic import ValidationError
from shoplake_contracts.errors import InvalidRequest

from .small_lake import Lake, raw, typed

POSITION = {"page-views": [4], "purchases": [6]}


@pytest.fixture
def two_topics(lake: Lake) -> Lake:
    """Six purchases, four of them half an hour before the others, and four page views; one of each is missing."""
    hours = {offset: -0.5 if offset < 4 else 0.5 for offset in range(6)}
    purchases = [typed(offset, hours=hours[offset]) for offset in range(6) if offset != 1]
    views = [typed(offset, topic="page-views", event_id=f"v{offset}") for offset in range(4) if offset != 2]
    lake.silver(POSITION, purchases=purchases, page_views=views)
    bronze = [raw(offset, hours=hours[offset]) for offset in range(6)]
    bronze += [raw(offset, topic="page-views") for offset in range(4)]
    lake.publish("bronze.raw_events", POSITION, *bronze)
    return lake


def addresses(result: dict[str, Any]) -> list[tuple[str, int]]:
    return [(found["topic"], found["offset"]) for found in result["missing"]["listed"]]


def test_the_same_by_hour_of_arrival(two_topics: Lake) -> None:
    hours = two_topics.audit()["hours"]
    told = [(row["hour"], row["bronze"], row["silver"], row["missing"]) for row in hours["listed"]]
    assert hours["total"] == 2
    assert told == [("2024-05-01T09:00:00Z", 4, 3, 1), ("2024-05-01T10:00:00Z", 6, 5, 1)]


def test_an_audit_of_one_topic(two_topics: Lake) -> None:
    result = two_topics.audit(topics=["purchases"])
    assert addresses(result) == [("purchases", 1)]
    assert [row["topic"] for row in result["partitions"]] == ["purchases"]
    assert result["differences"]["total"] == 0


def test_an_audit_of_the_last_hours_looks_at_what_arrived_since(two_topics: Lake) -> None:
    result = two_topics.audit(hours=2)
    assert addresses(result) == [("page-views", 2)]
    assert result["total"]["bronze"] == 6
    assert two_topics.audit(hours=2, topics=["purchases"])["holds"]
    assert two_topics.audit(hours=1)["total"]["bronze"] == 0


def test_an_audit_of_a_topic_that_nobody_has_seen_is_refused(two_topics: Lake) -> None:
    with pytest.raises(InvalidRequest, match="has never seen purchase; it has page-views, purchases"):
        two_topics.audit(topics=["purchase", "purchases"])


@pytest.mark.parametrize(
    "wrong", [{"topics": []}, {"topics": ["a b"]}, {"hours": 0}, {"hours": 99999}, {"tables": ["x"]}, {"hours": "x"}]
)
def test_a_wish_that_does_not_fit_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        AuditRequest(**wrong)
