"""The corpus is what it claims: many classes, every reason, no two alike. Its loader refuses what it cannot read."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml
from shoplake_contracts import data, poison, topics
from shoplake_contracts.data import ContractError
from shoplake_contracts.reasons import Reason

CORPUS = poison.load()
MEBIBYTE = 1024 * 1024


def value(name: str) -> bytes | None:
    (case,) = (case for case in CORPUS if case.name == name)
    return case.value


def test_there_are_far_more_than_forty_classes_and_no_two_are_alike() -> None:
    assert len([case for case in CORPUS if not case.accepted]) > 200
    assert len([case for case in CORPUS if case.accepted]) > 40
    assert [name for name, times in Counter(case.name for case in CORPUS).items() if times > 1] == []
    records = Counter((case.topic, case.key, case.value, tuple(case.headers.items())) for case in CORPUS)
    assert max(records.values()) == 1


def test_every_reason_has_a_case() -> None:
    assert {case.reason for case in CORPUS} == {*Reason, None}


def test_every_case_goes_to_an_event_topic_and_says_why() -> None:
    assert {case.topic for case in CORPUS} == set(topics.event_topics())
    assert [case.name for case in CORPUS if len(case.why) < 5] == []


def test_an_id_fits_whatever_the_case_s_name() -> None:
    assert max(len(f"poison-{case.name}") for case in CORPUS) <= 64


def test_every_record_fits_into_its_topic() -> None:
    most = {topic.name: topic.max_message_bytes for topic in topics.load().values()}
    assert [case.name for case in CORPUS if len(case.value or b"") > most[case.topic] * 0.9] == []


def test_generated_payloads_have_the_size_they_are_about() -> None:
    assert len(value("one_mebibyte") or b"") == MEBIBYTE
    assert len(value("one_byte_below_one_mebibyte") or b"") == MEBIBYTE - 1
    assert (value("depth_10000_arrays") or b"").count(b"[" * 10_000 + b"]" * 10_000) == 1


def test_records_without_value_and_without_key_are_there() -> None:
    assert value("null_value") is None
    assert value("no_bytes") == b""
    assert None in {case.key for case in CORPUS}


def test_an_event_is_the_example_with_its_changes_and_its_own_id() -> None:
    event = json.loads(value("quantity_zero") or b"")
    assert (event["event_id"], event["event_type"]) == ("poison-quantity_zero", "add_to_cart")
    assert (event["quantity"], event["price"]) == (0, 19.99)
    assert "event_type" not in json.loads(value("type_missing") or b"")
    assert (value("name_twice_the_last_counts") or b"").count(b'"user_id"') == 2


GOOD: dict[str, Any] = {"name": "x", "why": "a reason", "topic": "purchases", "payload": None, "reason": "empty"}
FILL = {"fill": "x", "to": 9}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"reason": None, "accepted": True, "colums": {}}, "unknown keys"),
        ({"accepted": True}, "either a reason or accepted"),
        ({"accepted": False, "reason": ...}, "either a reason or accepted"),
        ({"columns": {"a": 1}}, "only an accepted case"),
        ({"topic": ...}, "a topic is needed"),
        ({"payload": {"event": "purchase/none"}}, "no good example"),
        ({"payload": {"event": "purchase/minimal", "without": ["nothing"]}}, "has no"),
        ({"payload": {"text": "a", "with": {}}}, "unknown keys"),
        ({"payload": {"text": [{"repeat": "a"}]}}, "a piece is"),
        ({"payload": {"text": [FILL, FILL]}}, "one fill"),
        ({"payload": {"text": [FILL, "longer than nine"]}}, "one fill"),
    ],
)
def test_a_case_that_is_not_well_formed_is_refused(
    change: dict[str, Any], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = {key: entry for key, entry in {**GOOD, **change}.items() if entry is not ...}
    (tmp_path / "family.yaml").write_text(yaml.safe_dump({"doc": "d", "cases": [case]}))
    monkeypatch.setattr(poison, "documents", lambda _: data.documents(str(tmp_path)))
    poison.load.cache_clear()
    with pytest.raises(ContractError, match=said):
        poison.load()
    poison.load.cache_clear()
