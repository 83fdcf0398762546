"""Which silver table an event belongs to, told by its topic or else by its type: the same for every layer."""

from pyspark.sql import Column
from pyspark.sql import functions as F  # noqa: N812 - the name every Spark reader knows
from shoplake_contracts import tables

HOMES = {name: table for name, table in tables.load().items() if table.layer == "silver" and table.event_types}
"""The tables that hold events."""
NO_HOME = "unknown"


def home() -> Column:
    """The table of a row with `topic` and `event_type`."""
    topics = {str(table.topic): name for name, table in HOMES.items()}
    types = {event_type: name for name, table in HOMES.items() for event_type in table.event_types}
    return F.coalesce(_looked_up(topics, "topic"), _looked_up(types, "event_type"), F.lit(NO_HOME))


def _looked_up(names: dict[str, str], column: str) -> Column:
    pairs = (f"'{name}', '{table}'" for name, table in names.items())
    return F.expr(f"map({', '.join(pairs)})[{column}]")
