"""Draws the equation: produced = bronze = silver + quarantined + duplicates, and what is missing."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich import box
from rich.console import Group
from rich.table import Table
from rich.text import Text

MISSING = "unaccounted"
TERMS = (
    "produced",
    "bronze",
    "silver",
    "quarantined",
    "duplicates",
    "replayed",
    "in_flight",
    "lost",
    "erased",
    MISSING,
)
SHOWN_IF_ANY = ("replayed", "in_flight", "lost", "erased")


def equation_tables(accounting: Mapping[str, Any]) -> Group:
    """The equation per topic and in total, and the rows of each silver table."""
    title = Text("Where every event is", style="bold")
    return Group(title, "", _equation(accounting), "", _tables(accounting), *_backfilling(accounting))


def _equation(accounting: Mapping[str, Any]) -> Table:
    total = accounting["total"]
    # A terminal is 80 characters wide: what there is none of needs no column.
    terms = [term for term in TERMS if total.get(term) or term not in SHOWN_IF_ANY]
    drawn = Table(box=None, padding=(0, 1, 0, 0), header_style="bold underline")
    drawn.add_column("topic", no_wrap=True)
    for term in terms:
        drawn.add_column(term.replace("_", "\n"), justify="right", overflow="fold")
    for topic, figures in sorted(accounting["topics"].items()):
        drawn.add_row(topic, *_numbers(figures, terms))
    drawn.add_row("total", *_numbers(total, terms), style="bold")
    return drawn


def _tables(accounting: Mapping[str, Any]) -> Table:
    drawn = Table(title="Rows per table", box=box.SIMPLE_HEAD, title_justify="left", title_style="bold")
    drawn.add_column("table")
    drawn.add_column("rows", justify="right")
    for table, rows in sorted(accounting["tables"].items()):
        drawn.add_row(table, f"{rows:,}")
    return drawn


def _backfilling(accounting: Mapping[str, Any]) -> list[Text]:
    tables = accounting.get("backfilling")
    return [Text(f"A backfill is under way; it has yet to reach {', '.join(tables)}.")] if tables else []


def _numbers(figures: Mapping[str, int], terms: Sequence[str]) -> list[Text]:
    return [Text(f"{figures.get(term, 0):,}", style=_style(term, figures.get(term, 0))) for term in terms]


def _style(term: str, number: int) -> str:
    if term != MISSING:
        return ""
    return "red" if number else "green"
