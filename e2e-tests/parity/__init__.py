"""Every gold table of a home, computed again from silver by another engine with SQL of its own, to the last decimal.

The queries know the definitions (docs/reference/metrics-definitions.md) and nothing of the pipeline's code. A column
`name*4` is `name` in ten-thousandths: rates and averages are computed in whole numbers, rounded half up.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import duckdb
from pyiceberg.catalog.sql import SqlCatalog
from shoplake_contracts import events, rules, tables
from shoplake_contracts.reasons import Reason
from shoplake_lake_kit.stage_tables import GOLD

SQL = Path(__file__).parent
MOST = 20
SOURCES = ("bronze.raw_events", "ops.duplicates", *(name for name in tables.load() if name.startswith("silver.")))
# Dimensions of what silver finds without a rule; the rules have theirs in the contracts.
UNRULED = {
    "completeness": ("empty", "missing_field", "no_visitor"),
    "consistency": ("unexpected_event_type", "inconsistent_total", "header_mismatch"),
    "timeliness": ("future_timestamp", "too_old"),
    "uniqueness": ("id_conflict",),
}
NOTICED = ("header_mismatch", "id_conflict")
Row = dict[str, Any]


def differences(home: Path, base: str) -> list[str]:
    """What gold and the other engine do not agree on, a sentence each; empty if they do.

    Args:
        home: of a stack whose gold has caught up; business days are UTC's.
        base: the base currency.
    """
    catalog = SqlCatalog("iceberg", uri=f"sqlite:///{home}/catalog.db", warehouse=f"file://{home}/warehouse")
    with duckdb.connect() as engine:
        engine.execute("SET TimeZone = 'UTC'")
        engine.execute(f"SET VARIABLE base = '{base}'")
        for name in SOURCES:
            engine.register(name.replace(".", "_"), catalog.load_table(name).scan().to_arrow())
        register_contracts(engine)
        found = {name: catalog.load_table(name).scan().to_arrow().to_pylist() for name in GOLD}
        catalog.close()
        days = sorted({row["partition_date"] for row in found["gold.daily_sales_summary"]})
        engine.execute("CREATE TABLE days AS SELECT unnest(?::DATE[]) AS day", [days])
        engine.execute((SQL / "_views.sql").read_text())
        engine.execute(f"CREATE TABLE customer_days AS {(SQL / 'customer_days.sql').read_text()}")
        return [line for name in GOLD for line in _compared(engine, name, found[name])][:MOST]


def register_contracts(engine: duckdb.DuckDBPyConnection) -> None:
    """What the contracts say of rules and fields, as the tables `rule_names` and `known_fields`."""
    homes = {name: table.event_types for name, table in tables.load().items() if table.event_types}
    dimensions = {reason.value: "validity" for reason in Reason}
    dimensions |= {name: dimension for dimension, names in UNRULED.items() for name in names}
    named = {name: (dimension, "warn" if name in NOTICED else "quarantine") for name, dimension in dimensions.items()}
    named |= {rule.name: (rule.dimension, rule.action) for home in homes for rule in rules.load(home)}
    fields = {(home, field) for home, types in homes.items() for one in types for field in events.fields(one)}
    engine.execute("CREATE TABLE rule_names (rule VARCHAR, dimension VARCHAR, action VARCHAR)")
    engine.executemany("INSERT INTO rule_names VALUES (?, ?, ?)", [(name, *what) for name, what in named.items()])
    engine.execute("CREATE TABLE known_fields (home VARCHAR, field VARCHAR)")
    engine.executemany("INSERT INTO known_fields VALUES (?, ?)", sorted(fields))


def _compared(engine: duckdb.DuckDBPyConnection, name: str, found: list[Row]) -> Iterator[str]:
    key = tables.load()[name].key
    expected = engine.sql((SQL / f"{name.partition('.')[2]}.sql").read_text()).to_arrow_table().to_pylist()
    mine, theirs = ({tuple(row[part] for part in key): row for row in rows} for rows in (found, expected))
    yield from (f"{name}: only gold has {one}" for one in sorted(mine.keys() - theirs.keys(), key=str))
    yield from (f"{name}: gold lacks {one}" for one in sorted(theirs.keys() - mine.keys(), key=str))
    if len(found) != len(mine):
        yield f"{name}: {len(found) - len(mine)} keys come twice"
    for one in mine.keys() & theirs.keys():
        for column, wanted in theirs[one].items():
            value = scaled(mine[one], column)
            if value != wanted:
                yield f"{name} {one}: {column} is {value}, not {wanted}"


def scaled(row: Mapping[str, Any], column: str) -> object:
    """A column's value as the other engine has it: `rate*6` is the column `rate` in millionths."""
    name, _, digits = column.partition("*")
    return row[name] if not digits or row[name] is None else row[name].scaleb(int(digits))
