"""The independent proof: every acknowledged event is in bronze once, byte for byte, and in silver's tables once.

It shares nothing with the pipeline: the producer's acknowledgements on one side, the files read with PyIceberg and
counted with DuckDB on the other.
"""

from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
from pyiceberg.catalog.sql import SqlCatalog
from sender import Ack

SILVER = (
    "silver.quarantine",
    "silver.page_views",
    "silver.cart_events",
    "silver.purchases",
    "silver.user_sessions",
    "silver.product_updates",
    "ops.duplicates",
)
ADDRESS = ("topic", "partition", "offset")


@dataclass(frozen=True)
class Verdict:
    """Differences found, each a list of addresses; all empty when the proof holds."""

    lost_in_bronze: list[tuple[str, int, int]]
    doubled_in_bronze: list[tuple[str, int, int]]
    changed_in_bronze: list[tuple[str, int, int]]
    lost_in_silver: list[tuple[str, int, int]]
    doubled_in_silver: list[tuple[str, int, int]]

    @property
    def holds(self) -> bool:
        return not any(vars(self).values())


def check(home: Path, acks: list[Ack]) -> Verdict:
    """Compare the acknowledged events of a producer with the files of a home's warehouse."""
    catalog = SqlCatalog("iceberg", uri=f"sqlite:///{home}/catalog.db", warehouse=f"file://{home}/warehouse")
    db = duckdb.connect()
    db.register("acked", _acked(acks))
    bronze = catalog.load_table("bronze.raw_events").scan(selected_fields=(*ADDRESS, "raw_data", "value")).to_arrow()
    db.register("bronze_all", bronze)
    db.execute(
        "CREATE TABLE bronze AS SELECT b.topic, b.partition, b.offset, coalesce(encode(raw_data), value) AS payload "
        'FROM bronze_all b SEMI JOIN acked USING (topic, partition, "offset")'
    )
    silver = pa.concat_tables([_addresses(catalog, name) for name in SILVER])
    db.register("silver_all", silver)
    db.execute('CREATE TABLE silver AS SELECT s.* FROM silver_all s SEMI JOIN acked USING (topic, partition, "offset")')
    return Verdict(
        lost_in_bronze=_find(db, 'FROM acked ANTI JOIN bronze USING (topic, partition, "offset")'),
        doubled_in_bronze=_find(db, "FROM bronze GROUP BY ALL HAVING count(*) > 1"),
        changed_in_bronze=_find(
            db,
            'FROM acked a JOIN bronze b USING (topic, partition, "offset") WHERE a.payload IS DISTINCT FROM b.payload',
        ),
        lost_in_silver=_find(db, 'FROM acked ANTI JOIN silver USING (topic, partition, "offset")'),
        doubled_in_silver=_find(db, "FROM silver GROUP BY ALL HAVING count(*) > 1"),
    )


def _acked(acks: list[Ack]) -> pa.Table:
    return pa.table(
        {
            "topic": pa.array([ack.topic for ack in acks], pa.string()),
            "partition": pa.array([ack.partition for ack in acks], pa.int32()),
            "offset": pa.array([ack.offset for ack in acks], pa.int64()),
            "payload": pa.array([ack.payload for ack in acks], pa.binary()),
        }
    )


def _addresses(catalog: SqlCatalog, name: str) -> pa.Table:
    table = catalog.load_table(name).scan(selected_fields=ADDRESS).to_arrow()
    schema = pa.schema([("topic", pa.string()), ("partition", pa.int32()), ("offset", pa.int64())])
    return table.select(list(ADDRESS)).cast(schema)


def _find(db: duckdb.DuckDBPyConnection, rest: str) -> list[tuple[str, int, int]]:
    return db.execute(f'SELECT topic, partition, "offset" {rest} ORDER BY ALL LIMIT 20').fetchall()
