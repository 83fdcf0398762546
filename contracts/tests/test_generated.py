"""What is derived is up to date, and the models accept and refuse what the schemas do."""

from decimal import Decimal

import pytest
from pydantic import ValidationError
from shoplake_contracts import examples, generate
from shoplake_contracts.examples import Example
from shoplake_contracts.generated.events_v1 import AnyEvent, Purchase
from shoplake_contracts.reasons import Reason

ALL = tuple(examples.load())
GOOD = [example for example in ALL if example.reason is None]
BAD = [example for example in ALL if example.reason in {Reason.OUT_OF_RANGE, Reason.MISSING_FIELD}]


def label(example: Example) -> str:
    return f"{example.event_type}-{example.case}"


def test_generated_files_are_up_to_date() -> None:
    assert generate.main(["--check"]) == 0


@pytest.mark.parametrize("example", GOOD, ids=label)
def test_models_accept_what_is_good(example: Example) -> None:
    event = AnyEvent.model_validate(example.event).root
    assert event.event_type == example.event_type
    assert event.event_id == example.event["event_id"]


@pytest.mark.parametrize("example", BAD, ids=label)
def test_models_refuse_what_is_out_of_range_or_missing(example: Example) -> None:
    with pytest.raises(ValidationError):
        AnyEvent.model_validate(example.event)


def test_money_is_exact_and_unknown_fields_are_kept() -> None:
    (minimal,) = (e.event for e in GOOD if label(e) == "purchase-minimal")
    purchase = Purchase.model_validate({**minimal, "gift": True})
    assert purchase.total_amount == Decimal("15.3")
    assert purchase.model_extra == {"gift": True}
