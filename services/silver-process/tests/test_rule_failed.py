"""A rule of action `fail` stops the box, the replay or the backfill that meets an event against it; nothing is lost."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from shoplake_contracts import rules
from shoplake_contracts.errors import RuleFailed
from shoplake_contracts.rules import Rule

pytestmark = pytest.mark.spark
Shop = Any  # of conftest
Stopping = Callable[[Callable[[], object]], str]
DAY = "2025-03-04"
LENIENT, STRICT = date(1990, 1, 1), date(2026, 1, 1)
SAID = "silver.purchases: rule never_p1 fails for purchases/0 offset 1; nothing was published"
STOP = Rule(
    name="never_p1", dimension="validity", predicate="order_id <> 'p1'", action="fail", reason=None,
    path="order_id", message="p1 must not go on", version=1, since="0.1.0",
)  # fmt: skip


@pytest.fixture
def stopping(monkeypatch: pytest.MonkeyPatch) -> Stopping:
    """Do something while `STOP` is among the rules of purchases; what it was stopped with."""
    shipped = rules.load

    def load(table: str) -> tuple[Rule, ...]:
        return (*shipped(table), STOP) if table == "silver.purchases" else shipped(table)

    def run(do: Callable[[], object]) -> str:
        with monkeypatch.context() as patched:
            patched.setattr(rules, "load", load)
            with pytest.raises(RuleFailed) as refusal:
                do()
        return refusal.value.message

    return run


def filled(shop: Shop) -> None:
    shop.ingest("purchases", shop.purchase("p0", DAY), shop.purchase("p1", DAY))
    shop.ingest("page-views", shop.page_view("v0", DAY))


def test_a_box_waits_until_the_rule_lets_it_pass(shop: Shop, stopping: Stopping) -> None:
    filled(shop)
    before = shop.snapshots()
    assert [stopping(lambda: shop.stage().step()) for _ in range(2)] == [SAID, SAID]
    assert shop.snapshots() == before
    assert shop.balanced() == (0, 0, 0, 3)

    assert shop.stage().step()
    assert shop.balanced() == (3, 0, 0, 0)


def test_a_replay_leaves_everything_in_quarantine(shop: Shop, stopping: Stopping) -> None:
    filled(shop)
    shop.oldest = STRICT
    shop.stage().step()
    shop.oldest = LENIENT
    before = shop.snapshots()
    assert stopping(shop.replay) == SAID
    assert shop.snapshots() == before
    assert shop.balanced() == (0, 3, 0, 0)

    shop.replay()
    assert shop.ids("silver.purchases") == ["p0", "p1"]


def test_a_backfill_leaves_its_days_as_they_are(shop: Shop, stopping: Stopping) -> None:
    filled(shop)
    shop.stage().step()
    before = shop.snapshots()
    assert stopping(lambda: shop.backfill(DAY, DAY)) == SAID
    assert shop.snapshots() == before
    assert shop.balanced() == (3, 0, 0, 0)
