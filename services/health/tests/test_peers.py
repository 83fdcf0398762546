"""The pipeline's state is the worst of its services'."""

import asyncio

import pytest
from health.probes.peers import statuses, worst


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        (["RUNNING", "STOPPED", "PAUSED"], "ok"),
        (["RUNNING", "STARTING"], "starting"),
        (["STARTING", "FAILED"], "failed"),
        (["RUNNING", "down"], "failed"),
    ],
)
def test_the_worst_state_counts(states: list[str], expected: str) -> None:
    assert worst({str(number): {"state": state} for number, state in enumerate(states)}) == expected


def test_a_service_that_does_not_answer_is_down() -> None:
    found = asyncio.run(statuses({"bronze-ingest": ("http://127.0.0.1:1", "/bronze")}, {}))

    assert found["bronze-ingest"]["state"] == "down"
    assert found["bronze-ingest"]["error"]["message"]
