"""Draws the result of an audit: the figures per topic, the verdict, and the first addresses of every list."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text
from shoplake_lake_kit.topic_life import life_name

from shoplake_cli.stack.output import printable

TERMS = ("bronze", "silver", "quarantined", "replayed", "duplicates", "in_flight", "lost", "erased")
FAULTS = ("missing", "doubled")
SHOWN_IF_ANY = ("replayed", "in_flight", "lost", "erased")
LISTS = ("missing", "doubled", "lost_originals", "doubled_ids", "differences", "id_conflicts")
MOST = 10


def report(result: Mapping[str, Any]) -> RenderableType:
    """For a terminal; --json has everything."""
    lists = [part for name in LISTS for part in _list(name, result[name])]
    return Group(_figures(result), "", *_verdict(result), *lists)


def _figures(result: Mapping[str, Any]) -> Table:
    total = result["total"]
    # A terminal is 80 characters wide: what there is none of needs no column.
    terms = [term for term in (*TERMS, *FAULTS) if total[term] or term not in SHOWN_IF_ANY]
    drawn = Table(box=None, padding=(0, 1, 0, 0), header_style="bold underline")
    drawn.add_column("topic", no_wrap=True)
    for term in terms:
        drawn.add_column(term.replace("_", "\n"), justify="right", overflow="fold")
    for life, figures in _per_life(result["partitions"]).items():
        drawn.add_row(life, *_numbers(figures, terms))
    drawn.add_row("total", *_numbers(total, terms), style="bold")
    return drawn


def _per_life(partitions: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for row in partitions:
        figures = found.setdefault(life_name(row["topic"], row["epoch"]), dict.fromkeys((*TERMS, *FAULTS), 0))
        for term in figures:
            figures[term] += row[term]
    return found


def _numbers(figures: Mapping[str, int], terms: Sequence[str]) -> list[Text]:
    return [Text(f"{figures[term]:,}", style=_style(term, figures[term])) for term in terms]


def _style(term: str, number: int) -> str:
    if term not in FAULTS:
        return ""
    return "red" if number else "green"


def _verdict(result: Mapping[str, Any]) -> list[Text]:
    if result["holds"]:
        return [Text("holds: every event that silver has passed is in exactly one place", style="bold green")]
    return [Text("does not hold", style="bold red"), *(Text(f"  {printable(reason)}") for reason in result["reasons"])]


def _list(name: str, found: Mapping[str, Any]) -> list[Text]:
    if not found["total"]:
        return []
    shown = found["listed"][:MOST]
    more = f", the first {len(shown)}" if len(shown) < found["total"] else ""
    title = Text(f"\n{name.replace('_', ' ')}: {found['total']:,}{more}", style="bold")
    return [title, *(Text(f"  {printable(_line(name, entry))}") for entry in shown)]


def _line(name: str, entry: Mapping[str, Any]) -> str:
    if name == "differences":
        place = f"{entry['table']} {entry['topic']}/{entry['partition']}"
        return f"{place}: the stamp counts {entry['stamped']:,} rows, there are {entry['rows']:,}"
    if name in ("doubled_ids", "id_conflicts"):
        places = ", ".join(f"{_address(event)} on {event['day']}" for event in entry["events"][:MOST])
        return f"{entry['table']} {entry['event_id']}: {places}"
    if name == "doubled":
        return f"{_address(entry)}: {', '.join(f'{times} in {table}' for table, times in entry['tables'].items())}"
    if name == "lost_originals":
        return f"{_address(entry)}: not in {entry['table']}, which has copies left out for it"
    return f"{_address(entry)}: not in {entry['absent_from']}{'' if entry['certain'] else ' (a marker or an event)'}"


def _address(entry: Mapping[str, Any]) -> str:
    return f"{life_name(entry['topic'], entry['epoch'])}/{entry['partition']} offset {entry['offset']}"
