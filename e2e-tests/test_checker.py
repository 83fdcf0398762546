"""The checker is checked: a true warehouse holds, and damage planted in a copy of it is found by its name."""

import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from checker import Verdict, check, compare
from prove.plan import Kind, Plan
from pyiceberg.expressions import AlwaysTrue
from sender import Ack
from shoplake_contracts import tables
from warehouse import BRONZE, DAYS, DUPLICATES, OUTCOMES, QUARANTINE, Row, Warehouse, open_catalog, write_file

PLAN = Plan(seed=334, events=1_200, base=datetime(2026, 5, 5, 12, tzinfo=UTC))
VIEWS, PURCHASES = "silver.page_views", "silver.purchases"
Damage = Callable[[list[Row]], list[Row]]


@pytest.fixture(scope="module")
def waiting(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Warehouse]:
    """A warehouse before any replay."""
    home, made = tmp_path_factory.mktemp("lake") / "waiting", Warehouse.of(PLAN, replayed=False)
    made.write(home)
    return home, made


@pytest.fixture(scope="module")
def replayed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Warehouse]:
    """A warehouse after a replay that restored what could be restored."""
    home, made = tmp_path_factory.mktemp("lake") / "replayed", Warehouse.of(PLAN, replayed=True)
    made.write(home)
    return home, made


def copy_of(home: Path, to: Path) -> Path:
    """The same tables under another home: a catalog of its own over the same files, which nobody changes."""
    (to / "files").mkdir(parents=True)
    shutil.copy(home / "catalog.db", to / "catalog.db")
    return to


def rewrite(home: Path, name: str, rows: list[Row]) -> None:
    """Give a table other rows."""
    catalog = open_catalog(home)
    table = catalog.load_table(name)
    if any(table.scan().plan_files()):
        table.delete(AlwaysTrue())
    table.add_files([write_file(home, rows, tables.load()[name])])
    catalog.close()


def judged(home: Path, made: Warehouse, *, replayed: bool = True) -> Verdict:
    return compare(home, made.log.table(), complete=True, replayed=replayed, gold=True)


def first(rows: list[Row], change: Callable[[Row], Row]) -> list[Row]:
    return [change(rows[0]), *rows[1:]]


def test_a_true_warehouse_holds_before_and_after_a_replay(
    waiting: tuple[Path, Warehouse], replayed: tuple[Path, Warehouse]
) -> None:
    before, after = judged(*waiting, replayed=False), judged(*replayed)
    assert before.holds, before
    assert after.holds, after
    restored = sum(PLAN.record(number).repairable for number in range(PLAN.events))
    assert restored >= 2
    assert sum(PLAN.kind(number) is Kind.COPY for number in range(PLAN.events)) == after.figures["duplicates"]
    assert after.figures["outcomes"] == restored
    assert before.content != after.content


def test_acknowledgements_alone_are_enough_to_find_a_loss(waiting: tuple[Path, Warehouse], tmp_path: Path) -> None:
    home, made = waiting
    sent = made.log.table()
    row = made.rows[VIEWS][0]
    number = sent.to_pylist().index(
        next(
            line
            for line in sent.to_pylist()
            if all(line[name] == row[name] for name in ("topic", "partition", "offset"))
        )
    )
    ack = Ack(row["topic"], row["partition"], row["offset"], PLAN.record(number).payload)
    assert check(home, [ack]).holds
    broken = copy_of(home, tmp_path / "home")
    rewrite(broken, VIEWS, made.rows[VIEWS][1:])
    assert check(broken, [ack]).names == {"lost_in_silver"}


DAMAGES: dict[str, tuple[str, Damage, set[str]]] = {
    "rows of bronze are gone": (BRONZE, lambda rows: rows[50:], {"lost_in_bronze", "not_in_bronze"}),
    "a row of bronze is there twice": (BRONZE, lambda rows: [*rows, rows[3]], {"doubled_in_bronze"}),
    "a byte of bronze is another": (
        BRONZE,
        lambda rows: first(rows, lambda row: row | {"raw_data": row["raw_data"].replace("timestamp", "timestanp")}),
        {"changed_in_bronze", "changed_value"},
    ),
    "bronze has what nobody sent": (
        BRONZE,
        lambda rows: [*rows, rows[0] | {"offset": 10**6}],
        {"not_sent"},
    ),
    "rows of a typed table are gone": (
        PURCHASES,
        lambda rows: rows[:1],
        {"lost_in_silver", "copy_without_kept", "wrong_in_gold"},
    ),
    "a row of a typed table is there twice": (
        PURCHASES,
        lambda rows: [*rows, rows[0]],
        {"doubled_in_silver", "kept_twice"},
    ),
    "a typed row is of another day, so nothing is kept twice": (
        VIEWS,
        lambda rows: [*rows, rows[0] | {"timestamp": datetime(2026, 1, 1, tzinfo=UTC)}],
        {"doubled_in_silver", "changed_value"},
    ),
    "an amount is a cent more": (
        PURCHASES,
        lambda rows: first(rows, lambda row: row | {"total_amount": row["total_amount"] + Decimal("0.01")}),
        {"changed_value"},
    ),
    "a quantity of an item is another": (
        PURCHASES,
        lambda rows: first(
            sorted(rows, key=lambda row: row["items"] is None),
            lambda row: row | {"items": [row["items"][0] | {"quantity": 99}, *row["items"][1:]]},
        ),
        {"changed_value"},
    ),
    "a time is a millisecond off": (
        VIEWS,
        lambda rows: first(rows, lambda row: row | {"timestamp": row["timestamp"].replace(microsecond=1)}),
        {"changed_value"},
    ),
    "a lateness is another": (
        VIEWS,
        lambda rows: first(rows, lambda row: row | {"lateness_seconds": row["lateness_seconds"] + 1}),
        {"changed_value"},
    ),
    "a name became NULL": (
        VIEWS,
        lambda rows: first(rows, lambda row: row | {"product_name": None}),
        {"changed_value"},
    ),
    "a reason is another": (
        QUARANTINE,
        lambda rows: first(rows, lambda row: row | {"reason": "no_visitor"}),
        {"wrong_reason"},
    ),
    "the bytes of a quarantined event are others": (
        QUARANTINE,
        lambda rows: first(rows, lambda row: row | {"value": b"other"}),
        {"changed_in_quarantine"},
    ),
    "quarantine lost rows": (QUARANTINE, lambda rows: rows[5:], {"lost_in_silver"}),
    "a copy points to nothing": (
        DUPLICATES,
        lambda rows: first(rows, lambda row: row | {"kept_offset": 10**6}),
        {"copy_without_kept"},
    ),
    "a copy points to another event": (
        DUPLICATES,
        lambda rows: first(rows, lambda row: row | {"event_id": "14e-0"}),
        {"copy_without_kept"},
    ),
    "copies are gone": (DUPLICATES, lambda rows: rows[5:], {"lost_in_silver"}),
    "a day of gold has a cent less": (
        DAYS,
        lambda rows: first(rows, lambda row: row | {"gross_revenue": row["gross_revenue"] - Decimal("0.01")}),
        {"wrong_in_gold"},
    ),
    "a day of gold is missing": (DAYS, lambda rows: rows[1:], {"wrong_in_gold"}),
    "a day of gold is there twice": (DAYS, lambda rows: [*rows, rows[0]], {"wrong_in_gold"}),
    "an outcome is there twice": (OUTCOMES, lambda rows: [*rows, rows[0] | {"run_id": "b"}], {"replayed_twice"}),
    "outcomes are missing": (OUTCOMES, lambda rows: rows[1:], {"doubled_in_silver", "not_restored"}),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_is_found_and_named(replayed: tuple[Path, Warehouse], tmp_path: Path, damage: str) -> None:
    home, made = replayed
    table, plant, expected = DAMAGES[damage]
    broken = copy_of(home, tmp_path / "home")
    rewrite(broken, table, plant(made.rows[table]))
    verdict = judged(broken, made)
    assert verdict.names == expected, str(verdict)


def test_a_good_event_in_quarantine_is_found(waiting: tuple[Path, Warehouse], tmp_path: Path) -> None:
    home, made = waiting
    broken = copy_of(home, tmp_path / "home")
    copied = {(row["kept_topic"], row["kept_partition"], row["kept_offset"]) for row in made.rows[DUPLICATES]}
    row = next(it for it in made.rows[VIEWS] if (it["topic"], it["partition"], it["offset"]) not in copied)
    sent = next(
        it for it in made.rows[BRONZE] if all(it[name] == row[name] for name in ("topic", "partition", "offset"))
    )
    refused = row | {"value": sent["raw_data"].encode(), "reason": "out_of_range", "errors": [], "rule_version": 1}
    names = tables.load()[QUARANTINE].column_names
    rewrite(broken, VIEWS, [it for it in made.rows[VIEWS] if it is not row])
    rewrite(broken, QUARANTINE, [*made.rows[QUARANTINE], {k: v for k, v in refused.items() if k in names}])
    assert judged(broken, made, replayed=False).names == {"wrongly_quarantined"}


def test_what_the_replay_should_have_restored_is_missed(waiting: tuple[Path, Warehouse]) -> None:
    assert judged(*waiting, replayed=True).names == {"not_restored"}


def test_what_nobody_replayed_must_not_have_landed(replayed: tuple[Path, Warehouse]) -> None:
    assert judged(*replayed, replayed=False).names == {"wrongly_accepted"}


def test_an_outcome_without_a_row_is_found(waiting: tuple[Path, Warehouse], tmp_path: Path) -> None:
    home, made = waiting
    broken = copy_of(home, tmp_path / "home")
    row = made.rows[QUARANTINE][0]
    address = {name: row[name] for name in ("topic", "epoch", "partition", "offset")}
    outcome = address | {"run_id": "a", "outcome": "replayed", "at": PLAN.base}
    rewrite(broken, OUTCOMES, [outcome])
    assert judged(broken, made, replayed=False).names == {"replayed_without_landing"}


def test_a_doubled_file_is_found(waiting: tuple[Path, Warehouse], tmp_path: Path) -> None:
    home, made = waiting
    broken = copy_of(home, tmp_path / "home")
    catalog = open_catalog(broken)
    table = catalog.load_table(BRONZE)
    file = next(iter(table.scan().plan_files())).file
    table.add_files([file.file_path], check_duplicate_files=False)
    catalog.close()
    verdict = judged(broken, made, replayed=False)
    assert verdict.names == {"doubled_in_bronze"}
    assert verdict.findings[0].count == file.record_count


def test_the_rows_of_a_deleted_file_are_found(waiting: tuple[Path, Warehouse], tmp_path: Path) -> None:
    home, made = waiting
    broken = copy_of(home, tmp_path / "home")
    rows = made.rows[VIEWS]
    rewrite(broken, VIEWS, rows[: len(rows) // 2])
    verdict = judged(broken, made, replayed=False)
    lost = next(finding for finding in verdict.findings if finding.name == "lost_in_silver")
    assert lost.count == len(rows) - len(rows) // 2
    assert len(lost.examples) == 20


def test_a_file_that_is_not_there_stops_the_checker(tmp_path: Path) -> None:
    made = Warehouse.of(Plan(seed=334, events=50, base=PLAN.base), replayed=False)
    made.write(tmp_path / "home")
    gone = next((tmp_path / "home" / "files").iterdir())
    gone.unlink()
    with pytest.raises(Exception, match=gone.name):
        judged(tmp_path / "home", made, replayed=False)
