"""Small files of the data sets' formats with their dirt, a real one where it is, and a sink that keeps everything."""

import gzip
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from shoplake_cli.replay.engine import outgoing
from shoplake_cli.replay.loading import load
from shoplake_cli.replay.mapping import Mapping
from shoplake_contracts import events as contract
from shoplake_service_kit.event_publisher import Acknowledged, Message

REAL = Path(__file__).resolve().parents[4] / "shared/data/uci-online-retail"
HEADER = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"


@pytest.fixture
def uci() -> Mapping:
    return load("uci-online-retail")


@pytest.fixture(scope="session")
def real_file() -> Path:
    found = sorted(REAL.glob("*.csv.gz"))
    if not found:
        pytest.skip(f"the data set is not at {REAL}")
    return found[0]


@pytest.fixture(scope="session")
def expected(real_file: Path) -> dict[str, Any]:
    answers: dict[str, Any] = json.loads((real_file.parent / "expected.json").read_text())
    return answers


class Files:
    """Writes data files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def text(self, *rows: str | bytes, end: bytes = b"\n", last_end: bool = True, name: str = "rows.csv") -> Path:
        lines = [row if isinstance(row, bytes) else row.encode() for row in rows]
        file = self._folder / name
        content = end.join(lines) + (end if last_end else b"")
        file.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
        return file

    def csv(self, *rows: str | bytes, end: bytes = b"\n", last_end: bool = True, name: str = "rows.csv") -> Path:
        """One of the UCI set."""
        return self.text(HEADER, *rows, end=end, last_end=last_end, name=name)


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


Payload = dict[str, Any]
Replayed = tuple[list[Payload], list[bytes]]


@pytest.fixture
def replayed() -> Callable[[Path, Mapping], Replayed]:
    """Turns a file into the events it becomes, and the rows that go out as they are."""

    def run(file: Path, mapping: Mapping) -> Replayed:
        sent = list(outgoing(file, mapping))
        events = [json.loads(one.message.value) for one in sent if one.event_type != "raw"]
        return events, [one.message.value for one in sent if one.event_type == "raw"]

    return run


class Kept:
    """A sink that confirms everything at once, on one partition per topic."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.acknowledged = Acknowledged()

    async def publish(self, messages: Sequence[Message]) -> None:
        for message in messages:
            self.acknowledged.add(message.topic, 0, self.acknowledged.per_topic[message.topic], 1)
        self.messages.extend(messages)


@pytest.fixture
def sink() -> Kept:
    return Kept()


@pytest.fixture(scope="session")
def faults() -> Callable[[dict[str, Any]], list[str]]:
    """What is wrong with an event by the contract."""
    registry: Registry[Any] = Registry().with_resource(
        "common.v1.schema.json", Resource.from_contents(contract.schema("common"))
    )
    validators = {
        name: Draft202012Validator(contract.schema(name), registry=registry) for name in contract.event_types()
    }
    return lambda event: [error.message for error in validators[event["event_type"]].iter_errors(event)]
