"""Loads what is compared: bronze, what its payloads say, typed rows, quarantine, copies, outcomes, the days of gold."""

from checker.contract import Compared, columns_of, typed_tables
from checker.lake import Lake

ADDRESS = ("topic", "epoch", "partition", "offset")
A = 'topic, epoch, partition, "offset"'
_CREATE_ADDRESS = 'topic VARCHAR, epoch INTEGER, partition INTEGER, "offset" BIGINT'
_SHA = "unhex(sha256({}))"
_FROM_NOTHING = (
    "WITH piece AS (SELECT '' AS topic, 0::INTEGER AS epoch, 0::INTEGER AS partition, 0::BIGINT AS \"offset\", "
    "now() AS kafka_timestamp, NULL::VARCHAR AS raw_data WHERE false)"
)


def load(lake: Lake) -> dict[str, int]:
    """Fill every relation the questions are asked of; returns the number of rows per place."""
    return {
        "bronze": _bronze(lake),
        "silver": sum(_typed(lake, name, number) for number, name in enumerate(typed_tables())),
        "quarantined": _quarantine(lake),
        "duplicates": _duplicates(lake),
        "outcomes": _outcomes(lake),
        "gold_days": _gold(lake),
    }


def _bronze(lake: Lake) -> int:
    payload = "coalesce(encode(raw_data), value)"
    digest = f"CASE WHEN {payload} IS NOT NULL THEN {_SHA.format(payload)} END"
    said = [_said(columns_of(table), table.event_types) for table in typed_tables().values()]
    create = [f"CREATE TABLE bronze ({_CREATE_ADDRESS}, digest BLOB)"]
    create += [f"CREATE TABLE said_{number} AS {_FROM_NOTHING} {select}" for number, select in enumerate(said)]
    inserts = [f"INSERT INTO bronze SELECT {A}, {digest} FROM piece"]
    inserts += [f"INSERT INTO said_{number} {select}" for number, select in enumerate(said)]
    return lake.copy("bronze.raw_events", ";".join(create), *inserts)


def _said(columns: list[Compared], event_types: tuple[str, ...]) -> str:
    types = ", ".join(f"'{name}'" for name in event_types)
    values = ", ".join(f'{column.sent} AS "{column.name}"' for column in columns)
    documents = (
        f"SELECT {A}, epoch_us(kafka_timestamp) AS kafka_us, "
        "CASE WHEN json_valid(raw_data) THEN raw_data::JSON END AS doc FROM piece"
    )
    return f"SELECT {A}, {values} FROM ({documents}) WHERE doc ->> '$.event_type' IN ({types})"


def _typed(lake: Lake, name: str, number: int) -> int:
    columns = columns_of(typed_tables()[name])
    values = ", ".join(f'{column.kept} AS "{column.name}"' for column in columns)
    return lake.copy(
        name,
        f"CREATE TABLE kept_{number} AS FROM said_{number} LIMIT 0",
        f"INSERT INTO kept_{number} SELECT {A}, {values} FROM piece",
    )


def _quarantine(lake: Lake) -> int:
    create = f"CREATE TABLE quarantine ({_CREATE_ADDRESS}, reason VARCHAR, digest BLOB)"
    digest = f"CASE WHEN value IS NOT NULL THEN {_SHA.format('value')} END"
    insert = f"INSERT INTO quarantine SELECT {A}, reason, {digest} FROM piece"
    return lake.copy("silver.quarantine", create, insert)


def _duplicates(lake: Lake) -> int:
    kept = tuple(f"kept_{name}" for name in ADDRESS)
    create = (
        f'CREATE TABLE duplicates ({_CREATE_ADDRESS}, event_id VARCHAR, "table" VARCHAR, kept_topic VARCHAR, '
        "kept_epoch INTEGER, kept_partition INTEGER, kept_offset BIGINT)"
    )
    insert = f'INSERT INTO duplicates SELECT {A}, event_id, "table", {", ".join(kept)} FROM piece'
    return lake.copy("ops.duplicates", create, insert)


def _outcomes(lake: Lake) -> int:
    create = f"CREATE TABLE outcomes ({_CREATE_ADDRESS}, outcome VARCHAR)"
    insert = f"INSERT INTO outcomes SELECT {A}, outcome FROM piece"
    return lake.copy("silver.quarantine_outcomes", create, insert)


def _gold(lake: Lake) -> int:
    money = "DECIMAL(28,4)"
    create = f"CREATE TABLE gold_days (day DATE, currency VARCHAR, gross {money}, refunds {money}, refund_count BIGINT)"
    insert = "INSERT INTO gold_days SELECT partition_date, currency, gross_revenue, refunds, refund_count FROM piece"
    return lake.copy("gold.daily_sales_summary", create, insert)
