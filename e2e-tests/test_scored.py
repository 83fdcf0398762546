"""A run with every kind of fault, scored against what the generator wrote down: each one ends where it must, no other.

Precision and recall of every rule are 1 exactly where the two sides are equal, so equality is what is asked for.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from typing import Any

import duckdb
import pytest
from pyiceberg.catalog.sql import SqlCatalog
from reading import Reader
from shoplake_contracts import tables, topics
from shoplake_contracts.reasons import Reason
from stack import Stack, wait_until

from conftest import running

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1_800)]
EVENTS = 200_000
EVERY_FAULT: dict[str, Any] = {
    "late": 0.03,
    "clock_skew": 0.02,
    "out_of_order": 0.01,
    "duplicate": 0.01,
    "duplicate_elsewhere": 0.005,
    "new_field": 0.005,
    "changed_type": 0.002,
    "malformed": dict.fromkeys(Reason, 0.001) | {Reason.INCONSISTENT_TOTAL: 0.05, Reason.TOO_LARGE: 0.0001},
}
SILVER = sorted(name for name, table in tables.load().items() if table.event_types)
DAYS = "gold.daily_sales_summary"
LATE_SECONDS = 3_590
"""What is told an hour late or more; skewed clocks are minutes off."""


@dataclass
class Scored:
    """A finished run: what the manifest says of it, and the lake."""

    stack: Stack
    end: dict[str, Any]
    faults: list[dict[str, Any]]
    lake: duckdb.DuckDBPyConnection

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What a query over the lake gives."""
        return self.lake.execute(query).fetchall()

    def planted(self, fate: str) -> list[dict[str, Any]]:
        """The faults that must end there."""
        return [fault for fault in self.faults if fault["fate"] == fate]


def generate(stack: Stack, config: dict[str, Any]) -> dict[str, Any]:
    """A whole run; returns its last figures."""
    stack.post("generator", "/generator/start", config).raise_for_status()
    wait_until(lambda: stack.status("generator")["state"] == "STOPPED", 300, "the run has ended", stack.log_tail)
    details: dict[str, Any] = stack.status("generator")["details"]
    assert details["done"], details
    return details


def load(stack: Stack) -> duckdb.DuckDBPyConnection:
    """The tables that are scored, in memory."""
    home = stack.home
    catalog = SqlCatalog("iceberg", uri=f"sqlite:///{home}/catalog.db", warehouse=f"file://{home}/warehouse")
    db = duckdb.connect()
    db.execute("SET TimeZone = 'UTC'")
    address = ("topic", "partition", "offset", "event_id")
    wanted = dict.fromkeys(SILVER, (*address, "lateness_seconds"))
    wanted |= {"silver.quarantine": ("topic", "partition", "offset", "reason"), "ops.duplicates": address}
    wanted |= {DAYS: ("*",)}
    for name, columns in wanted.items():
        db.register("rows", catalog.load_table(name).scan(selected_fields=columns).to_arrow())
        db.execute(f'CREATE TABLE "{name}" AS FROM rows')
    union = " UNION ALL ".join(f'FROM "{name}"' for name in SILVER)
    db.execute(f"CREATE VIEW silver AS {union}")
    catalog.close()
    return db


@pytest.fixture(scope="module")
def reader(stack: Stack) -> Iterator[Reader]:
    opened = Reader(f"127.0.0.1:{stack.port('kafka')}")
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack of its own, in the generator's currency."""
    yield from running(tmp_path_factory.mktemp("scored"))


@pytest.fixture(scope="module")
def scored(stack: Stack, reader: Reader) -> Scored:
    details = generate(stack, {"rate": 0, "num_events": EVENTS, "seed": 11, "defects": EVERY_FAULT})
    stack.wait_for_gold(timeout=900)
    manifest = reader.between({}, reader.ends(["generator-manifest"]))
    records = [json.loads(message.value() or b"") for rows in manifest.values() for message in rows]
    (end,) = [record for record in records if record["kind"] == "run_ended" and record["run_id"] == details["run_id"]]
    assert end["resent"] == 0, "what was sent twice for want of an answer is not in the expectation"
    faults = [fault for record in records if record["kind"] == "planted" for fault in record["planted"]]
    return Scored(stack, end, faults, load(stack))


def address_of(fault: dict[str, Any]) -> tuple[str, int, int]:
    return fault["topic"], fault["partition"], fault["offset"]


def test_the_manifest_has_every_fault_and_all_kinds_occur(scored: Scored) -> None:
    told = Counter(name for fault in scored.faults for name in fault["defects"])
    assert dict(told) == scored.end["planted"]
    kinds = set(EVERY_FAULT) - {"malformed"} | {str(reason) for reason in Reason}
    assert set(told) == kinds


@pytest.mark.parametrize("reason", list(Reason))
def test_what_was_spoilt_is_quarantined_for_its_reason_and_nothing_else_is(reason: Reason, scored: Scored) -> None:
    planted = {address_of(fault) for fault in scored.planted("quarantine") if fault["reason"] == reason}
    query = f'SELECT topic, partition, "offset" FROM "silver.quarantine" WHERE reason = \'{reason}\''
    assert set(scored.rows(query)) == planted
    assert planted


def test_every_copy_is_in_the_duplicates_and_nothing_else_is(scored: Scored) -> None:
    copies = scored.planted("duplicate")
    found = scored.rows('SELECT event_id, topic, partition, "offset" FROM "ops.duplicates"')
    assert Counter(row[0] for row in found) == Counter(fault["event_id"] for fault in copies)
    # Of two topics either may come first; in one partition the copy is the later one.
    elsewhere = {fault["event_id"] for fault in copies if "duplicate_elsewhere" in fault["defects"]}
    here = {address_of(fault) for fault in copies if fault["event_id"] not in elsewhere}
    assert {row[1:] for row in found if row[0] not in elsewhere} == here


def test_late_events_are_those_and_no_others(scored: Scored) -> None:
    late = {fault["event_id"] for fault in scored.planted("silver") if "late" in fault["defects"]}
    found = scored.rows(f"SELECT event_id FROM silver WHERE lateness_seconds >= {LATE_SECONDS}")
    assert {event_id for (event_id,) in found} == late
    assert late


def test_what_is_odd_and_good_is_in_silver_once(scored: Scored) -> None:
    odd = {fault["event_id"] for fault in scored.planted("silver")}
    found = Counter(event_id for (event_id,) in scored.rows("SELECT event_id FROM silver") if event_id in odd)
    assert found == Counter(odd)


def test_every_table_has_as_many_rows_as_the_manifest_says(scored: Scored) -> None:
    found = {name: scored.rows(f'SELECT count(*) FROM "{name}"')[0][0] for name in SILVER}
    assert found == scored.end["expected"]["tables"]
    assert sum(found.values()) + len(scored.planted("quarantine")) + len(scored.planted("duplicate")) == EVENTS


def test_gold_is_what_the_manifest_expects(scored: Scored) -> None:
    expected = scored.end["expected"]["days"]
    names = list(next(iter(expected.values())))
    found = scored.rows(f'SELECT partition_date, {", ".join(names)} FROM "{DAYS}"')
    gold = {str(row[0]): dict(zip(names, row[1:], strict=True)) for row in found}
    told = {day: {name: Decimal(str(value)) for name, value in figures.items()} for day, figures in expected.items()}
    assert gold == told
    assert len(told) >= 3, "late events reach back two days"


def test_two_runs_with_one_seed_and_a_fixed_clock_are_the_same_in_every_partition(
    scored: Scored, reader: Reader
) -> None:
    """After the scoring: the second run is nothing but copies."""
    begin = datetime.now(UTC) - timedelta(days=3)
    config = {"clock": begin.isoformat(), "rate": 2_000, "num_events": 20_000, "seed": 7, "defects": EVERY_FAULT}
    starts, hashes = reader.ends(topics.event_topics()), []
    for _ in range(2):
        generate(scored.stack, config)
        ends = reader.ends(topics.event_topics())
        hashes.append(hashed(reader, starts, ends))
        starts = ends
    assert hashes[0] == hashes[1]
    assert len(hashes[0]) > len(topics.event_topics())


def hashed(reader: Reader, starts: dict[tuple[str, int], int], ends: dict[tuple[str, int], int]) -> dict[Any, str]:
    """A hash over keys, headers and values of every partition."""
    found: dict[Any, Any] = defaultdict(sha256)
    for place, messages in reader.between(starts, ends).items():
        for message in messages:
            found[place].update(repr((message.key(), message.headers(), message.value())).encode())
    return {place: digest.hexdigest() for place, digest in found.items()}
