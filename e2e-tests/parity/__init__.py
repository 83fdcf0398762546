"""Every gold table of a home, computed again from silver by another engine with SQL of its own, to the last decimal.

The queries know the definitions (docs/reference/metrics-definitions.md) and nothing of the pipeline's code. A column
`name*4` is `name` in ten-thousandths: rates and averages are computed in whole numbers, rounded half up.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import duckdb
from pyiceberg.catalog.sql import SqlCatalog
from shoplake_contracts import tables
from shoplake_lake_kit.stage_tables import GOLD

SQL = Path(__file__).parent
MOST = 20
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
        for name in (name for name in tables.load() if name.startswith("silver.")):
            engine.register(name.replace(".", "_"), catalog.load_table(name).scan().to_arrow())
        found = {name: catalog.load_table(name).scan().to_arrow().to_pylist() for name in GOLD}
        catalog.close()
        days = sorted({row["partition_date"] for row in found["gold.daily_sales_summary"]})
        engine.execute("CREATE TABLE days AS SELECT unnest(?::DATE[]) AS day", [days])
        engine.execute((SQL / "_views.sql").read_text())
        engine.execute(f"CREATE TABLE customer_days AS {(SQL / 'customer_days.sql').read_text()}")
        return [line for name in GOLD for line in _compared(engine, name, found[name])][:MOST]


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
