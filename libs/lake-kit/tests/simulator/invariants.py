"""What must hold: after every turn by the stamps alone, and once everything is drained by the rows themselves."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby, pairwise

from shoplake_lake_kit.accounting import account
from shoplake_lake_kit.plan import in_lives
from shoplake_lake_kit.revision import backfilling
from shoplake_lake_kit.stage_tables import BRONZE, SILVER
from shoplake_lake_kit.stamp import Stamp
from shoplake_lake_kit.vector import Counts, Position

from .driver import Violation
from .model_broker import GAP, Row, Rows
from .model_table import ModelTable
from .ports import merged
from .requests import NEVER
from .revisions import REPLAYED
from .rules import DUPLICATES, KEPT, LOSSES, OUTCOMES, QUARANTINE, Rules, home
from .stages import RAW, Shop
from .transform import Address, addresses, count


def check_accounting(shop: Shop) -> None:
    """The live equation is 0 at every moment, whatever is half done."""
    bronze = merged(shop.tables[RAW], tuple(shop.groups))
    end = in_lives(shop.broker.source(), bronze).end
    accounting = account(end, bronze, {name: shop.tables[name].recent() for name in SILVER})
    if accounting.total.unaccounted:
        raise Violation(f"unaccounted: {accounting.to_dict()}")


@dataclass(frozen=True)
class Truth:
    """What became of everything that was ever appended, by the broker's logs and the ledger of losses.

    `produced` must be in bronze; `eventless` are the offsets before bronze's position that hold no event or were given
    up; `given_up` is how many of those the ledger names.
    """

    produced: Rows
    eventless: Counts
    given_up: Counts


@dataclass(frozen=True)
class Beginnings:
    """How bronze came to know the topics: topic id to the name of its life, and where each life began."""

    lives: Mapping[str, str]
    origin: Position


def check_complete(shop: Shop, begun: Beginnings, rules: Rules) -> None:
    """All that was not accepted as lost is exactly once where today's rules want it, and every stamp says so."""
    truth = _truth(shop, begun)
    bronze = sorted(shop.tables[RAW].rows)
    _demand(bronze == sorted(truth.produced), "bronze is not what was produced and not given up")
    _check_places(shop.tables, truth.produced, rules)
    _check_ledgers(shop.tables)
    stamp = merged(shop.tables[RAW], tuple(shop.groups))
    _check_stamp(RAW, stamp, count(bronze), truth)
    for name in SILVER:
        table = shop.tables[name]
        _check_stamp(name, table.newest_stamp("main"), count(table.rows), truth)
    _demand(stamp is None or truth.given_up.covers(stamp.totals.lost), "more is lost than the ledger says")
    _check_writers(shop)
    lead = shop.tables[QUARANTINE].newest_stamp("main")
    silver = {name: shop.tables[name].newest_stamp("main") for name in SILVER}
    _demand(not backfilling(lead, silver), "a backfill is left half done")
    check_accounting(shop)


def _truth(shop: Shop, begun: Beginnings) -> Truth:
    spans: dict[tuple[str, int], list[tuple[int, int]]] = {}
    for row in shop.tables[LOSSES].rows:
        spans.setdefault(row[:2], []).append((row.offset, row.event))
    stamp, bronze = merged(shop.tables[RAW], tuple(shop.groups)), set(shop.tables[RAW].rows)
    position = stamp.position if stamp else Position()
    produced, eventless, given_up = [], [], []
    for row in _known(shop, begun):
        accepted = [end for start, end in spans.get(row[:2], ()) if start <= row.offset < end]
        if row.offset >= position.at(row.topic, row.partition) and NEVER in accepted:
            continue
        # A publish whose reply was lost may take place after its box was given up: what is there is not lost.
        if row in bronze or (row.event != GAP and not accepted):
            produced.append(row)
            continue
        eventless.append(row)
        given_up += [row] if accepted else []
    return Truth(tuple(produced), count(eventless), count(given_up))


def _known(shop: Shop, begun: Beginnings) -> Iterator[Row]:
    """What bronze could know of: not what was gone before it looked, nor partitions that went with their topic."""
    present = {begun.lives.get(incarnations[-1].id) for incarnations in shop.broker.topics.values()}
    for row in shop.broker.entries(begun.lives):
        seen = row.topic in present or begun.origin.knows(row.topic, row.partition)
        if seen and row.offset >= begun.origin.at(row.topic, row.partition):
            yield row


def _check_places(tables: Mapping[str, ModelTable], produced: Rows, rules: Rules) -> None:
    kept = [row for name in KEPT for row in tables[name].rows]
    copies, quarantined = tables[DUPLICATES].rows, addresses(tables[QUARANTINE].rows)
    landed = [row[:3] for row in (*kept, *copies)]
    waiting = quarantined - set(landed)
    _demand(sorted((*landed, *waiting)) == sorted(row[:3] for row in produced), "silver is not what was produced")
    _demand(all(home(row.event) == name for name in KEPT for row in tables[name].rows), "a row is in another's table")
    _demand(not any(rules.quarantines(row.event) for row in kept), "a bad event is kept")
    _demand(
        {row[:3] for row in produced if row[:3] in waiting and not rules.quarantines(row.event)} == set(), "waiting"
    )
    winners = {row.event for row in kept}
    _demand(len(winners) == len(kept), "an event id is kept twice")
    _demand(
        all(row.event in winners or rules.quarantines(row.event) for row in copies), "an event is only among the copies"
    )


def _check_ledgers(tables: Mapping[str, ModelTable]) -> None:
    """The newest outcome says where an event is, and no event came home twice in a row."""
    landed = addresses(row for name in (*KEPT, DUPLICATES) for row in tables[name].rows)
    told: dict[Address, list[bool]] = {}
    for row in tables[OUTCOMES].rows:
        told.setdefault(row[:3], []).append(row.run.startswith(REPLAYED))
    waited = addresses(tables[QUARANTINE].rows)
    _demand(len(waited) == len(tables[QUARANTINE].rows), "an event is in quarantine twice")
    _demand(all(told.get(at, [False])[-1] == (at in landed) for at in waited), "an outcome is not what became of it")
    _demand(not any(one and other for said in told.values() for one, other in pairwise(said)), "replayed twice")
    losses = tables[LOSSES].rows
    _demand(len(losses) == len(set(losses)), "a loss is written down twice")


def _check_stamp(name: str, stamp: Stamp | None, rows: Counts, truth: Truth) -> None:
    if stamp is None:
        _demand(not truth.produced, f"{name} was never published")
        return
    totals = stamp.totals
    own = totals.out.plus(totals.quarantined).plus(totals.duplicates)
    _demand(own == rows, f"{name}: totals are not its rows")
    _demand(totals.read == count(truth.produced), f"{name}: read is not what was produced")
    _demand(totals.offset_gaps.plus(totals.lost) == truth.eventless, f"{name}: gaps and losses are not the broker's")


def _check_writers(shop: Shop) -> None:
    for table in shop.tables.values():
        for group in shop.groups if table.name in (*BRONZE, LOSSES) else ("main",):
            stamps = [one.stamp() for one in table.stamped() if one.group == group]
            writers = [writer for writer, _ in groupby(stamp.writer for stamp in stamps)]
            _demand(len(writers) == len(set(writers)), f"{table.name}: two writers took turns: {writers}")


def rows_of(tables: Mapping[str, ModelTable], names: Iterable[str]) -> Collection[tuple[str, Row]]:
    """Every row and where it is, to compare before and after."""
    return sorted((name, row) for name in names for row in tables[name].rows)


def _demand(holds: bool, otherwise: str) -> None:  # noqa: FBT001 - reads as a sentence
    if not holds:
        raise Violation(otherwise)
