"""What a mapping can say beyond the built-in ones: rows in, events out, each thing by itself."""

from typing import Any

import pytest
from shoplake_cli.replay.loading import parse

HEAD = """\
name: shop
file: {header: false}
columns:
  - {name: order, type: text, optional: true}
  - {name: when, type: time, format: "%Y-%m-%d %H:%M:%S.%f", zone: Europe/Berlin}
  - {name: sku, type: text}
  - {name: pieces, type: integer, optional: true}
  - {name: paid, type: money}
time: when
visitor: {user: sku}
"""
NOTE = """\
    event: note
    topic: raw-events
    visitor: true
"""
BERLIN = "2024-07-01 12:00:00.000"


@pytest.mark.parametrize(
    ("condition", "taken"),
    [
        ("order: {equals: A1}", ["A1"]),
        ("order: {starts_with: A}", ["A1", "A2"]),
        ("order: {starts_without: A}", ["B1", None]),
        ("order: {empty: true}", [None]),
        ("order: {empty: false}", ["A1", "A2", "B1"]),
        ("pieces: {at_least: 0}", ["A2", "B1"]),
        ("pieces: {above: 0}", ["B1"]),
        ("pieces: {at_most: 0}", ["A1", "A2"]),
        ("pieces: {below: 0}", ["A1"]),
        ("pieces: {empty: true}", [None]),
        ("pieces: {above: -1, below: 1}", ["A2"]),
    ],
)
def test_conditions(files: Any, replayed: Any, condition: str, taken: list[str | None]) -> None:
    rule = f"rules:\n  - each: line\n{NOTE}    when: {{{condition}}}\n    fields: {{order: {{column: order}}}}\n"
    file = files.text(
        f"A1,{BERLIN},x,-1,1", f"A2,{BERLIN},x,0,1", f"B1,{BERLIN},x,1,1", f",{BERLIN},x,,1", name="all.csv"
    )
    events, raw = replayed(file, parse(HEAD + rule))
    assert [event["order"] for event in events] == taken
    assert len(raw) == 4 - len(taken)


def test_values(files: Any, replayed: Any) -> None:
    rule = f"""\
products: {{}}
ratios: {{whole: [paid, paid]}}
rules:
  - each: line
{NOTE}    fields:
      constant: {{value: 7}}
      nothing: {{value: null}}
      refunded: {{column: paid, negate: true}}
      ratio: {{column: whole}}
      inside: {{fields: {{when: {{column: when}}, id: {{event_id: true}}}}}}
"""
    events, _ = replayed(files.text("A,2024-07-01 12:00:00.250,x,1,7.50", f"B,{BERLIN},x,1,-0.00"), parse(HEAD + rule))
    (first, second) = events
    assert {name: first[name] for name in ("constant", "nothing", "refunded", "ratio", "inside")} == {
        "constant": 7,
        "nothing": None,
        "refunded": "-7.50",
        "ratio": "1.0000",
        "inside": {"when": "2024-07-01T10:00:00.250000Z", "id": first["event_id"]},
    }
    assert (second["timestamp"], second["refunded"], second["ratio"]) == ("2024-07-01T10:00:00Z", "0.00", None)


GATHERED = f"""\
rules:
  - each: group
    group: {{by: [order], open_hours: 1, most_lines: 3}}
{NOTE}    when: {{order: {{starts_with: G}}}}
    fields: {{order: {{column: order}}, total: {{sum: paid}}}}
  - each: line
{NOTE}    when: {{order: {{starts_with: L}}}}
    fields: {{order: {{column: order}}, total: {{column: paid}}}}
"""


def test_a_rule_s_group_closes_as_time_goes_on_whoever_s_lines_tell_it(files: Any, replayed: Any) -> None:
    rows = ["G1,10:00:00,1", "L1,10:30:00,2", "G1,10:45:00,4", "L2,11:00:00,8", "L3,11:00:01,16", "G1,11:30:00,32"]
    file = files.text(*(f"{o},2024-07-01 {t}.0,x,1,{paid}" for o, t, paid in (row.split(",") for row in rows)))
    events, _ = replayed(file, parse(HEAD + GATHERED))
    assert [(event["order"], event["total"], event["timestamp"][11:]) for event in events] == [
        ("L1", "2", "08:30:00Z"),
        ("L2", "8", "09:00:00Z"),
        ("G1", "5", "08:00:00Z"),
        ("L3", "16", "09:00:01Z"),
        ("G1", "32", "09:30:00Z"),
    ]
    assert len({event["event_id"] for event in events}) == 5


def test_a_rule_s_groups_hold_no_more_lines_than_allowed(files: Any, replayed: Any) -> None:
    file = files.text(*(f"{order},{BERLIN},x,1,1" for order in ("G1", "G2", "G1", "G1", "G1", "G2", "G1")))
    events, _ = replayed(file, parse(HEAD + GATHERED))
    assert [(event["order"], event["total"]) for event in events] == [
        ("G1", "2"),
        ("G2", "1"),
        ("G1", "2"),
        ("G2", "1"),
        ("G1", "1"),
    ]
    assert len({event["event_id"] for event in events}) == 5


def test_a_group_of_all_lines_whose_key_comes_again_is_another_event(files: Any, replayed: Any) -> None:
    whole = "group: {by: [order], open_hours: 1}\n" + GATHERED.replace(
        "    group: {by: [order], open_hours: 1, most_lines: 3}\n", ""
    )
    file = files.text(*(f"G1,2024-07-0{day} 10:00:00.0,x,1,{day}" for day in (1, 2, 3)))
    events, _ = replayed(file, parse(HEAD + whole))
    assert [event["total"] for event in events] == ["1", "2", "3"]
    assert len({event["event_id"] for event in events}) == 3


@pytest.mark.parametrize("when", ["0001-01-01 00:00:00.0", "2024-07-01", "2024-07-01 12:00:00.0 CET", "20240701120000"])
def test_a_time_that_is_none_is_a_bad_row(files: Any, replayed: Any, when: str) -> None:
    row = f"G1,{when},x,1,1"
    assert replayed(files.text(row), parse(HEAD + GATHERED)) == ([], [row.encode()])
