"""What people ask of the stages over HTTP: a replay, a backfill, and to go on past what the broker has lost."""

from collections.abc import Collection, Sequence

from shoplake_contracts.errors import Refusal
from shoplake_lake_kit.faults import Gap
from shoplake_lake_kit.resolution import Loss, Resolution
from shoplake_lake_kit.topic_life import life_name

from .driver import Driver, Request
from .model_broker import Row, Rows
from .model_table import ModelTable
from .revisions import Revisions

# Nobody knows where a topic that was deleted would have ended.
NEVER = 1 << 40


def replay(classes: Collection[int]) -> Request:
    """Bring home what today's rules accept of some classes of quarantined events."""

    def ask(driver: Driver) -> bool:
        published = driver.stage.revise(
            lambda _stamps, attempt: driver.faults.call(lambda: _revisions(driver).replay(attempt, classes))
        )
        return bool(published)

    return ask


def backfill(days: Collection[int]) -> Request:
    """Judge some days anew."""

    def ask(driver: Driver) -> bool:
        published = driver.stage.revise(
            lambda _stamps, attempt: driver.faults.call(lambda: _revisions(driver).backfill(attempt, days))
        )
        return bool(published)

    return ask


def accept(refusal: Refusal, ledger: ModelTable) -> Request:
    """Accept exactly what a refusal said is wrong, which may be out of date by now."""
    resolution = _resolution(refusal)

    def ask(driver: Driver) -> bool:
        driver.stage.resolve(resolution, lambda losses: driver.faults.call(lambda: written_down(ledger, losses)))
        return True

    return ask


def written_down(ledger: ModelTable, losses: Sequence[Loss]) -> Rows:
    """Losses as rows of the ledger but for those that are there already; the event's number is where they end."""
    rows = (
        Row(life_name(loss.topic, loss.epoch), loss.partition, loss.start, NEVER if loss.end is None else loss.end)
        for loss in losses
    )
    return tuple(row for row in rows if row not in ledger.rows)


def _resolution(refusal: Refusal) -> Resolution:
    facts = refusal.facts
    gaps = [
        Gap(life_name(gap["topic"], gap["epoch"]), gap["partition"], gap["from"], gap["to"]) for gap in facts["gaps"]
    ]
    return Resolution(frozenset(gaps), facts["topics"], facts["cluster"], "operator", "simulated")


def _revisions(driver: Driver) -> Revisions:
    if driver.revisions is None:
        raise TypeError(f"{driver.writer} has no rules")
    return driver.revisions
