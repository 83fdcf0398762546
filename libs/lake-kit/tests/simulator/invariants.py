"""What must hold: after every step by the stamps alone, and once everything is drained by the rows themselves."""

from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import groupby

from shoplake_lake_kit.accounting import account
from shoplake_lake_kit.vector import Counts

from .driver import Violation
from .model_broker import GAP, ModelBroker, Row
from .model_table import ModelTable
from .transform import KEPT, QUARANTINE, count, home

Tables = Mapping[str, ModelTable]


def check_accounting(broker: ModelBroker, bronze: Tables, silver: Tables) -> None:
    """The live equation is 0 at every moment, whatever is half done."""
    histories = {name: table.stamps() for name, table in silver.items()}
    stamps = next(iter(bronze.values())).stamps()
    accounting = account(broker.source().end, stamps[0] if stamps else None, histories)
    if accounting.total.unaccounted:
        raise Violation(f"unaccounted: {accounting.to_dict()}")


def check_complete(broker: ModelBroker, bronze: Tables, silver: Tables) -> None:
    """Everything produced is exactly once where it belongs, and every stamp says so."""
    produced = sorted(broker.rows())
    _demand(_rows(bronze.values()) == produced, "bronze is not what was produced")
    _demand(_rows(silver.values()) == produced, "silver is not what was produced")
    _check_places(silver)
    for table in (*bronze.values(), *silver.values()):
        _check_stamp(table, broker, produced)
        _check_writers(table)
    check_accounting(broker, bronze, silver)


def _check_places(silver: Tables) -> None:
    kept = Counter(row.event for name in KEPT for row in silver[name].rows)
    _demand(all(number == 1 for number in kept.values()), "an event id is kept twice")
    for name in (*KEPT, QUARANTINE):
        _demand(all(home(row.event) == name for row in silver[name].rows), f"{name} holds what is not its own")
    _demand(
        set(kept) == {row.event for table in silver.values() for row in table.rows if home(row.event) in KEPT},
        "an event is only among the duplicates",
    )


def _check_stamp(table: ModelTable, broker: ModelBroker, produced: list[Row]) -> None:
    stamps = table.stamps()
    if not stamps:
        _demand(
            not any(log.entries for logs in broker.logs.values() for log in logs), f"{table.name} was never published"
        )
        return
    totals = stamps[0].totals
    own = totals.out.plus(totals.quarantined).plus(totals.duplicates)
    source = broker.source()
    _demand(stamps[0].position.extended(source.beginning) == source.end, f"{table.name} stops early")
    _demand(own == count(table.rows), f"{table.name}: totals are not its rows")
    _demand(totals.read == count(produced), f"{table.name}: read is not what was produced")
    _demand(totals.offset_gaps == _gaps(broker), f"{table.name}: gaps are not the broker's")


def _check_writers(table: ModelTable) -> None:
    writers = [writer for writer, _ in groupby(stamp.writer for stamp in table.stamps())]
    _demand(len(writers) == len(set(writers)), f"{table.name}: two writers took turns: {writers}")


def _gaps(broker: ModelBroker) -> Counts:
    return Counts({topic: [log.entries.count(GAP) for log in logs] for topic, logs in broker.logs.items()})


def _rows(tables: Iterable[ModelTable]) -> list[Row]:
    return sorted(row for table in tables for row in table.rows)


def _demand(holds: bool, otherwise: str) -> None:  # noqa: FBT001 - reads as a sentence
    if not holds:
        raise Violation(otherwise)
