"""The tables and lines drawn from health's answers."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from shoplake_cli.demo import check
from shoplake_cli.equation import equation_tables
from shoplake_cli.stack.status_line import failures, status_line
from shoplake_contracts.errors import AuditFailed


@pytest.fixture
def answer() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(Path(__file__).with_name("accounting_answer.json").read_text())
    return found


def drawn(accounting: dict[str, Any]) -> list[list[str]]:
    shown = io.StringIO()
    Console(file=shown, width=160).print(equation_tables(accounting))
    return [line.split() for line in shown.getvalue().splitlines() if line.strip()]


def test_every_term_per_topic_and_in_total(answer: dict[str, Any]) -> None:
    lines = drawn(answer)
    assert ["purchases", "9,000", "9,000", "8,900", "40", "60", "0"] in lines
    assert ["total", "50,000", "50,000", "49,000", "490", "510", "0"] in lines


def test_what_is_on_its_way_or_lost_gets_a_column_when_there_is_any(answer: dict[str, Any]) -> None:
    answer["total"] |= {"in_flight": 20, "lost": 3}
    answer["topics"]["purchases"] |= {"in_flight": 20, "lost": 3}
    lines = drawn(answer)
    assert lines[1] == ["in"]
    assert " ".join(lines[2]) == "topic produced bronze silver quarantined duplicates flight lost unaccounted"
    assert ["page-views", "41,000", "41,000", "40,100", "450", "450", "0", "0", "0"] in lines
    assert ["purchases", "9,000", "9,000", "8,900", "40", "60", "20", "3", "0"] in lines


def test_it_fits_a_terminal(answer: dict[str, Any]) -> None:
    shown = io.StringIO()
    Console(file=shown, width=80).print(equation_tables(answer))
    assert "quarantined" in shown.getvalue()
    assert "unaccounted" in shown.getvalue()
    assert "…" not in shown.getvalue()


def test_rows_of_every_table(answer: dict[str, Any]) -> None:
    lines = drawn(answer)
    assert ["silver.page_views", "40,100"] in lines
    assert ["ops.duplicates", "510"] in lines


def test_the_status_line_has_the_figures_in_the_equations_order(answer: dict[str, Any]) -> None:
    lag = {"stages": {"gold": {"events": 1200, "seconds": 3.21, "position": {}}}, "end": {}}
    assert status_line(answer, lag) == (
        "produced 50,000 · bronze 50,000 · silver 49,000 · quarantined 490 · duplicates 510"
        " · gold lag 1,200 (3.2 s) · unaccounted 0"
    )


def test_before_the_first_publish_of_gold_there_are_no_seconds(answer: dict[str, Any]) -> None:
    lag = {"stages": {"gold": {"events": 7, "seconds": None}}}
    assert "gold lag 7 · " in status_line(answer, lag)


def test_a_failure_is_told_once_and_again_after_it_was_mended() -> None:
    error = {"code": "writer_conflict", "message": "Another writer was here.", "remedy": "Stop one."}
    bad = {"services": {"bronze-ingest": {"state": "FAILED", "error": error}, "health": {"state": "RUNNING"}}}
    good = {"services": {"bronze-ingest": {"state": "RUNNING", "error": None}}}
    known: set[str] = set()
    told = ["bronze-ingest is FAILED (writer_conflict): Another writer was here. Stop one."]
    assert failures(bad, known) == told
    assert failures(bad, known) == []
    assert failures(good, known) == []
    assert failures(bad, known) == told


def test_the_demo_holds_when_all_arrived(answer: dict[str, Any]) -> None:
    check(answer["total"], 50_000)


@pytest.mark.parametrize("wrong", [{"unaccounted": 1}, {"unaccounted": -1}, {"in_flight": 2}, {"produced": 49_999}])
def test_the_demo_fails_when_something_is_missing(answer: dict[str, Any], wrong: dict[str, int]) -> None:
    with pytest.raises(AuditFailed):
        check({**answer["total"], **wrong}, 50_000)
