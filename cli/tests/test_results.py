"""Rows for people and for programs; no digit is lost."""

import csv
import io
import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa
from rich.console import Console
from shoplake_cli.results import as_csv, as_json, as_table

TABLE = pa.table(
    {
        "day": [date(2011, 1, 4), None],
        "total": pa.array([Decimal("12345678901234.5678"), None], pa.decimal128(28, 4)),
        "at": pa.array([datetime(2011, 1, 4, 10, 0, tzinfo=UTC), None], pa.timestamp("us", tz="UTC")),
        "flags": [["late", 'a"b'], None],
        "raw": pa.array([b"\xff\x00", None], pa.binary()),
        "name": ["évil\x1b[31m", None],
    }
)


def test_json_keeps_decimals_exact_and_rows_in_order() -> None:
    first, second = json.loads(as_json(TABLE))
    assert first == {
        "day": "2011-01-04",
        "total": "12345678901234.5678",
        "at": "2011-01-04T10:00:00+00:00",
        "flags": ["late", 'a"b'],
        "raw": "ff00",
        "name": "évil\x1b[31m",
    }
    assert set(second.values()) == {None}


def test_json_of_no_rows_is_an_empty_array() -> None:
    assert json.loads(as_json(TABLE.slice(0, 0))) == []


def test_not_a_number_is_still_json() -> None:
    assert json.loads(as_json(pa.table({"x": [float("nan"), 1.5]}))) == [{"x": "nan"}, {"x": 1.5}]


def test_csv_reads_back() -> None:
    header, first, second = csv.reader(io.StringIO(as_csv(TABLE)))
    assert header == TABLE.column_names
    assert first[:2] == ["2011-01-04", "12345678901234.5678"]
    assert json.loads(first[3]) == ["late", 'a"b']
    assert second == [""] * 6


def test_a_terminal_is_not_steered_by_data() -> None:
    shown = io.StringIO()
    Console(file=shown, width=200).print(as_table(TABLE))
    assert "\x1b" not in shown.getvalue()
    assert "évil\\x1b[31m" in shown.getvalue()
    assert "NULL" in shown.getvalue()


def test_many_rows_are_cut_with_a_word_about_it() -> None:
    shown = io.StringIO()
    Console(file=shown, width=80).print(as_table(pa.table({"n": list(range(1000))})))
    assert "200 of 1,000 rows" in shown.getvalue()
