"""The page on mappings is true: its example does what it says, and it knows every set."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from shoplake_cli.main import app
from shoplake_cli.replay.built_in import names
from shoplake_cli.replay.loading import load, parse
from shoplake_contracts.errors import InvalidRequest
from typer.testing import CliRunner

PAGE = (Path(__file__).parents[3] / "docs/reference/replay-mappings.md").read_text(encoding="utf-8")


def example(language: str) -> str:
    (found,) = re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    return str(found)


def test_the_example_becomes_the_event_it_shows(files: Any, replayed: Any, faults: Any) -> None:
    mapping, rows = parse(example("yaml")), example("csv").splitlines()
    events, raw = replayed(files.text(*rows), mapping)
    expected = json.loads(example("json"))
    assert events[0] == expected | {"event_id": events[0]["event_id"]}
    assert [(event["order_id"], event["anonymous_id"]) for event in events] == [
        ("1001", None),
        ("1002", "tea-shop:1002"),
    ]
    assert raw == [rows[4].encode(), rows[5].encode()]
    assert [fault for event in events for fault in faults(event)] == []


def test_the_example_s_error_is_the_one_it_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = example("yaml").replace("      currency: {value: EUR}\n", "").replace("{column: pieces}", "{column: piecse}")
    Path("tea-shop.yaml").write_text(text)
    with pytest.raises(InvalidRequest) as raised:
        load("./tea-shop.yaml")
    assert f"invalid_request: {raised.value.message}\n{raised.value.advice}\n" in PAGE


def test_the_table_has_every_built_in_set_and_no_other() -> None:
    table = PAGE[PAGE.index("## Built-in sets") : PAGE.index("Read the licence")]
    assert re.findall(r"^\| `([\w-]+)` \|", table, re.MULTILINE) == [*names()]


def test_help_lists_every_built_in_set() -> None:
    said = CliRunner().invoke(app, ["replay", "--help"], terminal_width=200).output
    assert f"{', '.join(names())}; or the path of a mapping file, .yaml" in " ".join(said.split())
