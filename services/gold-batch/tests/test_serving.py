"""Gold over HTTP, on real tables that hold a few rows: pages, formats, and questions that cannot be answered."""

import csv
import io
import json
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import anyio
import httpx
import pyarrow as pa
import pytest
from fastapi import FastAPI
from gold_batch.serving.api import tables_router
from gold_batch.serving.view import GoldView
from shoplake_contracts import tables
from shoplake_lake_kit.reader import load_table, open_catalog
from shoplake_lake_kit.settings import LakeSettings
from shoplake_lake_kit.stage_tables import GOLD
from shoplake_lake_kit.stamp import Stamp
from shoplake_lake_kit.table_creation import make_tables
from shoplake_lake_kit.table_schema import arrow_schema
from shoplake_lake_kit.vector import Position
from shoplake_service_kit.problems import install_problem_handlers

NAME = "gold.daily_traffic_sources"
FIRST = date(2025, 3, 1)
ROWS = [
    {"day": 0, "channel": "direct", "sessions": 5, "revenue": "10.0000", "session_conversion_rate": "0.200000"},
    {"day": 0, "channel": "email", "sessions": 7, "revenue": "90.1234", "session_conversion_rate": None},
    {"day": 1, "channel": "direct", "sessions": 5, "revenue": "0.0001", "session_conversion_rate": "0.000000"},
    {"day": 2, "channel": "referral", "sessions": 1, "revenue": "90.1234", "session_conversion_rate": "1.000000"},
]


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> LakeSettings:
    home: Path = tmp_path_factory.mktemp("served")
    settings = LakeSettings(catalog_uri=f"sqlite:///{home}/catalog.db", warehouse=f"file://{home}/warehouse")
    make_tables(settings, GOLD)
    publish(settings, ROWS, 7)
    return settings


class Client:
    """Asks an app without a server."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app

    def get(self, path: str, params: dict[str, Any] | None = None) -> httpx.Response:
        async def answer() -> httpx.Response:
            transport = httpx.ASGITransport(self._app)
            async with httpx.AsyncClient(transport=transport, base_url="http://gold") as client:
                return await client.get(path, params=params)

        return anyio.run(answer)


@pytest.fixture
def client(lake: LakeSettings) -> Client:
    app = FastAPI()
    install_problem_handlers(app)
    app.include_router(tables_router(GoldView(lake)))
    return Client(app)


def publish(lake: LakeSettings, rows: list[dict[str, Any]], offset: int) -> None:
    """Append rows with a stamp, as a stage would."""
    position = Position({"purchases": (offset,)})
    stamp = Stamp(
        stage="gold",
        group="main",
        writer="test",
        position=position,
        origin=Position({"purchases": (0,)}),
        epochs={"purchases": 0},
        topic_ids={"purchases": "t"},
        cluster="c",
        attempt=str(offset),
    )
    with open_catalog(lake) as catalog:
        load_table(catalog, NAME).append(arrow(rows), snapshot_properties=stamp.to_properties())


def arrow(rows: list[dict[str, Any]]) -> pa.Table:
    schema = arrow_schema(tables.load()[NAME])
    return pa.Table.from_pylist([{field.name: value(row, field) for field in schema} for row in rows], schema)


def value(row: dict[str, Any], field: pa.Field) -> Any:
    if field.name == "partition_date":
        return FIRST + timedelta(days=row["day"])
    if field.name in row:
        return Decimal(row[field.name]) if pa.types.is_decimal(field.type) and row[field.name] else row[field.name]
    if field.nullable:
        return None
    return 0 if pa.types.is_integer(field.type) or pa.types.is_timestamp(field.type) else default(field.type)


def default(type_: pa.DataType) -> Any:
    return Decimal(0) if pa.types.is_decimal(type_) else ""


def ask(client: Client, **query: Any) -> dict[str, Any]:
    answer = client.get("/gold/tables/daily_traffic_sources", params=query)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def channels(client: Client, **query: Any) -> list[str]:
    return [f"{row['partition_date'][-1]}{row['channel'][0]}" for row in ask(client, **query)["rows"]]


def test_every_table_says_what_it_is(client: Client) -> None:
    found = {table["name"]: table for table in client.get("/gold/tables").json()["tables"]}
    assert [f"gold.{name}" for name in found] == list(GOLD)
    served = found["daily_traffic_sources"]
    assert (served["rows"], served["position"], served["key"]) == (
        4,
        {"purchases": [7]},
        ["partition_date", "channel"],
    )
    assert {"name": "channel", "type": "string"}.items() <= served["columns"][1].items()
    assert (found["daily_funnel"]["rows"], found["daily_funnel"]["snapshot_id"]) == (None, None)


def test_rows_come_whole_and_exact_with_what_they_were_computed_from(client: Client) -> None:
    page = ask(client, columns="channel,revenue,session_conversion_rate", date="2025-03-01")
    assert page["rows"] == [
        {"channel": "direct", "revenue": "10.0000", "session_conversion_rate": "0.200000"},
        {"channel": "email", "revenue": "90.1234", "session_conversion_rate": None},
    ]
    assert page["position"] == {"purchases": [7]}
    assert page["next"] is None
    assert list(ask(client, limit=1)["rows"][0]) == list(tables.load()[NAME].column_names)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, ["1d", "1e", "2d", "3r"]),
        ({"date": "2025-03-02..2025-03-03"}, ["2d", "3r"]),
        ({"sort": "-revenue,-channel"}, ["3r", "1e", "1d", "2d"]),
        ({"sort": "session_conversion_rate"}, ["2d", "1d", "3r", "1e"]),
        ({"sort": "-session_conversion_rate"}, ["3r", "1d", "2d", "1e"]),
        ({"filter": "channel:eq:direct"}, ["1d", "2d"]),
        ({"filter": "channel:ne:direct"}, ["1e", "3r"]),
        ({"filter": "channel:in:email,referral"}, ["1e", "3r"]),
        ({"filter": ["sessions:gte:5", "revenue:lt:90.1234"]}, ["1d", "2d"]),
        ({"filter": "revenue:eq:90.12340"}, ["1e", "3r"]),
        ({"filter": "partition_date:gt:2025-03-02"}, ["3r"]),
        ({"filter": "session_conversion_rate:null:yes"}, ["1e"]),
        ({"filter": "session_conversion_rate:null:no"}, ["1d", "2d", "3r"]),
        ({"filter": "session_conversion_rate:lte:1"}, ["1d", "2d", "3r"]),
        ({"filter": "channel:eq:' OR 1=1 --"}, []),
    ],
)
def test_questions(client: Client, query: dict[str, Any], expected: list[str]) -> None:
    assert channels(client, **query) == expected


@pytest.mark.parametrize(
    ("query", "part"),
    [
        ({"filter": "nothing:eq:1"}, "has no column 'nothing'"),
        ({"filter": "sessions"}, "the operator is one of"),
        ({"filter": "sessions:like:5"}, "the operator is one of"),
        ({"filter": "sessions:eq:many"}, "sessions is of type bigint"),
        ({"filter": "sessions:eq:99999999999999999999"}, "sessions is of type bigint"),
        ({"filter": "revenue:eq:1.00001"}, "revenue is of type decimal(28,4)"),
        ({"filter": "revenue:eq:NaN"}, "revenue is of type decimal(28,4)"),
        ({"filter": "partition_date:eq:2025-02-30"}, "partition_date is of type date"),
        ({"filter": "sessions:null:maybe"}, "null takes yes or no"),
        ({"columns": "channel,pin"}, "has no pin"),
        ({"sort": "-pin"}, "has no pin"),
        ({"date": "2025-02-30"}, "partition_date is of type date"),
        ({"date": "yesterday"}, "date"),
        ({"limit": 0}, "limit"),
        ({"cursor": "nonsense"}, "not one of a page"),
        ({"pages": 3}, "pages"),
    ],
)
def test_a_question_that_cannot_be_answered_says_why(client: Client, query: dict[str, Any], part: str) -> None:
    answer = client.get("/gold/tables/daily_traffic_sources", params=query)
    assert answer.status_code == 422
    assert answer.json()["code"] == "invalid_request"
    assert part in answer.text


def test_an_unknown_table_names_the_known_ones_and_an_empty_one_says_so(client: Client) -> None:
    unknown = client.get("/gold/tables/secrets").json()
    assert (unknown["status"], "daily_funnel" in unknown["remedy"]) == (404, True)
    assert "no rows yet" in client.get("/gold/tables/daily_funnel").json()["detail"]


def test_all_pages_are_of_one_snapshot_whatever_is_published_meanwhile(client: Client, lake: LakeSettings) -> None:
    asked = {"sort": "-revenue", "limit": 3, "columns": "channel,revenue"}
    first = ask(client, **asked)
    publish(lake, [{"day": 3, "channel": "display", "sessions": 1, "revenue": "999"}], 8)
    second = ask(client, **asked, cursor=first["next"])
    assert [row["channel"] for row in first["rows"] + second["rows"]] == ["email", "referral", "direct", "direct"]
    assert (second["snapshot_id"], second["position"], second["next"]) == (
        first["snapshot_id"],
        first["position"],
        None,
    )
    assert ask(client, **asked)["rows"][0]["channel"] == "display"
    other = client.get(
        "/gold/tables/daily_traffic_sources", params={**asked, "sort": "revenue", "cursor": first["next"]}
    )
    assert "another question" in other.json()["detail"]


def test_the_same_rows_as_csv_and_as_arrow(client: Client) -> None:
    asked = {"date": "2025-03-01", "columns": "channel,sessions,revenue", "limit": 1}
    expected = ask(client, **asked)
    text = client.get("/gold/tables/daily_traffic_sources", params={**asked, "format": "csv"})
    assert list(csv.DictReader(io.StringIO(text.text))) == [
        {"channel": "direct", "sessions": "5", "revenue": "10.0000"}
    ]
    binary = client.get("/gold/tables/daily_traffic_sources", params={**asked, "format": "arrow"})
    table = pa.ipc.open_stream(binary.content).read_all()
    assert table.to_pylist() == [{"channel": "direct", "sessions": 5, "revenue": Decimal("10.0000")}]
    assert json.loads(table.schema.metadata[b"shoplake.position"]) == expected["position"]
    for answer in (text, binary):
        assert answer.headers["X-Shoplake-Snapshot"] == str(expected["snapshot_id"])
        assert json.loads(answer.headers["X-Shoplake-Position"]) == expected["position"]
        assert answer.headers["X-Shoplake-Next"] == expected["next"]


def test_lists_are_json_in_csv(client: Client, lake: LakeSettings) -> None:
    name = "gold.customer_days"
    schema = arrow_schema(tables.load()[name])
    row = {field.name: value({"day": 0, "other_currencies": ["EUR", "GBP"]}, field) for field in schema}
    with open_catalog(lake) as catalog:
        load_table(catalog, name).append(pa.Table.from_pylist([row], schema))
    text = client.get("/gold/tables/customer_days", params={"format": "csv", "columns": "other_currencies"}).text
    assert next(csv.DictReader(io.StringIO(text)))["other_currencies"] == '["EUR", "GBP"]'
