"""The contract's poison corpus through the real box, all in one run: each to its reason, bytes kept, nothing stops."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from shoplake_contracts import events, poison
from shoplake_contracts.poison import Case

Ends = list[list[tuple[str, dict[str, Any]]]]
pytestmark = pytest.mark.spark
CORPUS = poison.load()
NUMBER = {case.name: number for number, case in enumerate(CORPUS)}


@pytest.fixture(scope="module")
def ends(boxed: Callable[..., Ends]) -> Ends:
    return boxed([(case.topic, case.value, case.headers.get("event_type")) for case in CORPUS])


def shown(value: Any) -> Any:
    """A Spark value as the corpus writes it."""
    if isinstance(value, dict):
        return {key: shown(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [shown(inner) for inner in value]
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC).isoformat().replace("+00:00", "Z")
    return str(value) if isinstance(value, Decimal) else value


@pytest.mark.parametrize("case", [c for c in CORPUS if not c.accepted], ids=lambda c: c.name)
def test_ends_in_quarantine_with_its_reason_and_its_bytes(ends: Ends, case: Case) -> None:
    ((table, row),) = ends[NUMBER[case.name]]
    assert (table, row.get("reason")) == ("silver.quarantine", case.reason)
    assert row["errors"]
    assert (None if row["value"] is None else bytes(row["value"])) == case.value


@pytest.mark.parametrize("case", [c for c in CORPUS if c.accepted], ids=lambda c: c.name)
def test_lands_in_its_table_as_it_was_sent(ends: Ends, case: Case) -> None:
    ((table, row),) = ends[NUMBER[case.name]]
    assert (table, row.get("errors")) == (events.table_of(row["event_type"]), None)
    assert row["event_id"] == f"poison-{case.name}"
    assert {name: shown(row[name]) for name in case.columns} == dict(case.columns)
