"""What `POST /bronze/resolve` takes, and what it refuses to take."""

import pytest
from bronze_ingest.api import ResolutionRequest
from pydantic import ValidationError
from shoplake_lake_kit.faults import Gap
from shoplake_lake_kit.resolution import Resolution

WORDS = {"accepted_by": "ann", "explanation": "retention"}


def test_the_facts_of_a_refusal_can_be_sent_back() -> None:
    gap = {"topic": "purchases", "epoch": 1, "partition": 2, "from": 5, "to": 8}
    request = ResolutionRequest.model_validate({"gaps": [gap], "topics": {"carts": "id2"}, "cluster": "c2", **WORDS})
    assert request.resolution() == Resolution(
        frozenset({Gap("purchases@1", 2, 5, 8)}), {"carts": "id2"}, "c2", "ann", "retention"
    )


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"accepted_by": "", "explanation": "x"},
        {**WORDS, "gap": []},
        {**WORDS, "gaps": [{"topic": "purchases", "partition": 0, "from": -1, "to": 8}]},
    ],
)
def test_a_resolution_without_a_name_or_with_a_typo_is_refused(body: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        ResolutionRequest.model_validate(body)
