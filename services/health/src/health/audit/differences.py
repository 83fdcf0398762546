"""Where a table's rows are not what its own stamps add up to, partition by partition."""

from collections.abc import Iterator
from typing import Any

from shoplake_lake_kit.topic_life import life_name, split_life
from shoplake_lake_kit.vector import Counts

from health.audit.scope import Scope
from health.audit.workspace import Workspace
from health.pins import Pin, Pins

_COUNTED = """
    SELECT name, topic, epoch, part, count(*) AS rows FROM silver GROUP BY ALL
    UNION ALL SELECT 'bronze.raw_events', topic, epoch, part, count(*) FROM bronze GROUP BY ALL
"""


def counted_rows(work: Workspace) -> dict[str, Counts]:
    """Table name to its rows per partition, as they were read."""
    found: dict[str, list[tuple[str, int, int]]] = {}
    for row in work.ask(_COUNTED):
        life = life_name(row["topic"], row["epoch"])
        found.setdefault(row["name"], []).append((life, row["part"], row["rows"]))
    return {name: Counts.from_items(items) for name, items in found.items()}


def differences(pins: Pins, scope: Scope, rows: dict[str, Counts]) -> list[dict[str, Any]]:
    """Every table and partition whose rows differ from the stamps' totals.

    Rows and totals are of one snapshot, so a pipeline that runs makes no difference. Nothing is compared for an audit
    of some hours: totals speak of all events.
    """
    if not scope.whole:
        return []
    topics = {span.topic for span in scope.spans}
    tables = (*pins.silver.values(), pins.bronze)
    return [found for pin in tables for found in _of_table(pin, rows.get(pin.name, Counts()), topics)]


def _of_table(pin: Pin, rows: Counts, topics: set[str]) -> Iterator[dict[str, Any]]:
    stamped = pin.stamped_rows
    for life, number, _ in stamped.extended(rows).entries():
        told, there = stamped.at(life, number), rows.at(life, number)
        if told != there and (split_life(life)[0] in topics or there):
            yield {"table": pin.name, "topic": life, "partition": number, "stamped": told, "rows": there}
