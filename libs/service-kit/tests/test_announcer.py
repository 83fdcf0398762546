"""What a publish does to the metrics."""

from typing import Any

from shoplake_service_kit.announcer import count
from shoplake_service_kit.metrics import Metrics

TOLD: dict[str, Any] = {
    "stage": "silver",
    "start": {"purchases": [0]},
    "end": {"purchases": [7]},
    "read": {"purchases": [7]},
    "counts": {},
    "rows": 3,
    "kinds": {},
    "appended_at_max": "2025-03-04T12:00:00+00:00",
    "planned_at": "2025-03-04T12:00:01+00:00",
    "published_at": "2025-03-04T12:00:03+00:00",
}


def counted(**told: Any) -> list[str]:
    metrics = Metrics("silver-process")
    count(metrics, TOLD | told)
    return metrics.render().decode().splitlines()


def test_quarantined_events_are_counted_by_topic_and_reason() -> None:
    kinds = {"purchases": {"not_json": 2, "too_old": 1}}
    lines = counted(table="silver.quarantine", role="quarantined", kinds=kinds)
    assert 'shoplake_events_quarantined_total{reason="not_json",topic="purchases"} 2.0' in lines
    assert 'shoplake_events_quarantined_total{reason="too_old",topic="purchases"} 1.0' in lines


def test_copies_are_counted_by_the_table_that_has_the_kept_one() -> None:
    kinds = {"purchases": {"silver.purchases": 2}, "raw-events": {"silver.purchases": 1}}
    lines = counted(table="ops.duplicates", role="duplicates", kinds=kinds)
    assert 'shoplake_events_duplicate_total{table="silver.purchases"} 3.0' in lines


def test_a_box_has_a_latency_and_a_replay_has_none() -> None:
    box = counted(table="silver.purchases", role="out")
    assert 'shoplake_end_to_end_latency_seconds_sum{table="silver.purchases"} 3.0' in box
    assert 'shoplake_batch_events{stage="silver"} 7.0' in box

    replay = counted(table="silver.purchases", role="out", start=TOLD["end"], read={})
    assert 'shoplake_events_published_total{stage="silver",table="silver.purchases"} 3.0' in replay
    assert not any(line.startswith(("shoplake_end_to_end", "shoplake_batch")) for line in replay)
