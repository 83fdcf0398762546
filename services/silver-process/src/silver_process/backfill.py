"""Backfill: the rows of some event days are computed again from bronze, by today's transform and rules.

The tables are swapped one after the other under one id. Quarantine goes first, because its stamp says what leaves the
others; so a backfill that was cut off is completed from that stamp, by the same figures, before anything else is done.
"""

from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from datetime import date, datetime
from typing import Any

from pyspark.sql import SparkSession
from shoplake_lake_kit.plan import Stamps
from shoplake_lake_kit.revision import Kind, Revision, backfilling
from shoplake_lake_kit.stage import Stage
from shoplake_lake_kit.stamp import Stamp
from shoplake_lake_kit.vector import Counts
from shoplake_service_kit.runs import Run
from shoplake_spark_kit.iceberg_table import Output
from shoplake_spark_kit.lineage import keeping

from silver_process.backfilled import Account
from silver_process.box import QUARANTINE
from silver_process.expressions import Parameter
from silver_process.order import Order
from silver_process.outcomes import OUTCOMES
from silver_process.recomputed import Recomputation, Recomputed
from silver_process.wishes import BackfillRequest

Show = Callable[[str], None]


class Backfill:
    """Does one run, and completes one that was cut off; `clock` is silver's clock for the rows it publishes.

    Attributes:
        is_open: Whether tables may lack a backfill that the lead has: after a start, and after a run that failed.
    """

    def __init__(self, spark: SparkSession, parameters: Mapping[str, Parameter], clock: Callable[[], datetime]) -> None:
        self.is_open = True
        self._spark = spark
        self._parameters = parameters
        self._clock = clock

    def __call__(self, stage: Stage[Output], run: Run[BackfillRequest]) -> dict[str, Any]:
        """Compute the days anew and swap the tables; a backfill that a table lacks is completed first.

        A table may lack one also because somebody rolled it back: the rows that it has again are in quarantine as well,
        and only the lead's stamp says so, which is about to be replaced.

        Raises:
            BronzeIncomplete: bronze lacks events of these days; nothing was written.
            RuleFailed: an event breaks a rule whose action is `fail`; nothing was written.
            AuditFailed: what was staged is not what was found; nothing was published.
        """
        self.complete(stage)
        order = Order(run.id, run.request, self._clock())
        accounts: list[Account] = []

        def prepare(stamps: Stamps, _attempt: str) -> Revision[Output]:
            return self._revision(order, tuple(stamps), accounts, lambda phase: run.show(phase=phase))

        self.is_open = True
        staged = stage.revise(prepare)
        self.is_open = False
        return accounts[0].result(staged)

    def complete(self, stage: Stage[Output]) -> None:
        """Swap the tables that lack a backfill which the lead has; nothing if there is none.

        Raises:
            Refusal: it cannot be completed as it was begun; a person has to look.
        """
        stamps = {**stage.stamps(), **stage.publisher.read_stamps(stage.ledgers)}
        lead = next(iter(stamps.values()))
        behind = backfilling(lead, stamps)
        if lead is not None and lead.backfill is not None and behind:
            self._complete(stage, lead, Order.read(lead.backfill), behind)
        self.is_open = False

    def _complete(self, stage: Stage[Output], lead: Stamp, order: Order, behind: tuple[str, ...]) -> None:
        def prepare(_stamps: Stamps, _attempt: str) -> Revision[Output]:
            return self._revision(order, behind, [], lambda _phase: None, moving=lead.moving)

        stage.revise(prepare)

    def _revision(
        self,
        order: Order,
        names: tuple[str, ...],
        accounts: list[Account],
        show: Show,
        moving: Mapping[str, Counts] | None = None,
    ) -> Revision[Output]:
        show("reading")
        with ExitStack() as held:
            found = Recomputation(self._spark, self._parameters, order, keeping(held)).of(names)
            account = found.account
            if moving is not None:
                account.check_moving({name: moving[name] for name in names if name in moving})
            accounts.append(account)
            show("publishing")
            return Revision(
                kind=Kind.BACKFILL,
                id=order.id,
                frames={name: found.frames.get(name, Output(None)) for name in _in_order(names)},
                removed=account.before,
                withdrawn=account.withdrawn,
                days=_revised(found),
                backfill=order.kept(),
                moving=account.moved if moving is None else {},
                audit=account.audit,
                release=held.pop_all().close,
            )


def _revised(found: Recomputed) -> dict[str, tuple[date, ...]]:
    return {name: tuple(sorted(days)) for name, days in found.days.items()}


def _in_order(names: Iterable[str]) -> tuple[str, ...]:
    """Quarantine, whose stamp says what leaves the others; then what became of replayed events; then the rest."""
    names = tuple(names)
    first = [name for name in (QUARANTINE, OUTCOMES) if name in names]
    return (*first, *(name for name in names if name not in first))
