"""Builds the real stages over the model's ports, as the services do over Kafka and Iceberg."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import cycle
from typing import Any

from shoplake_lake_kit.batch import Frames
from shoplake_lake_kit.box import Box
from shoplake_lake_kit.publication import Publication
from shoplake_lake_kit.stage import Limits, Stage
from shoplake_lake_kit.stage_tables import BRONZE, SILVER

from .driver import Driver
from .model_broker import ModelBroker
from .model_table import Frame, ModelTable
from .ports import FaultyBroker, FaultyTable, FaultyUpstream
from .revisions import Revisions
from .rules import LOSSES, OUTCOMES
from .transform import count, slice_of, transform

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
# A clock that jumps forwards and backwards: nothing but announcements may depend on it.
JUMPS = tuple(NOON + timedelta(hours=hours) for hours in (0, 1, -48, 9000, 9001, -9000, 2))
RAW = next(iter(BRONZE))


@dataclass(frozen=True)
class Shop:
    """What all drivers of a run share.

    Attributes:
        broker: Where events come from.
        tables: Every table by name.
        groups: The topics of each of bronze's writer groups.
        announced: Told about every publish whose announcement was not lost.
    """

    broker: ModelBroker
    tables: Mapping[str, ModelTable]
    groups: Mapping[str, Sequence[str]]
    announced: Callable[[Publication], None]

    def bronze_stage(self, driver: Driver, tables: Mapping[str, FaultyTable], group: str, limit: int) -> Stage[Frame]:
        """Bronze: the broker's events as they are; only the table can tell how many there were."""

        def work(box: Box, pending: Sequence[str], _attempt: str) -> Frames[Frame]:
            return Frames(dict.fromkeys(pending, driver.faults.call(lambda: tuple(self.broker.read(box)))))

        return Stage(
            name="bronze",
            group=group,
            broker=FaultyBroker(self.broker, self.groups[group], driver.faults),
            tables=[tables[name] for name in BRONZE],
            ledgers=[tables[LOSSES]],
            work=work,
            **self._common(driver, limit),
        )

    def silver_stage(
        self, driver: Driver, tables: Mapping[str, FaultyTable], revisions: Revisions, limit: int
    ) -> Stage[Frame]:
        """Silver: seven tables out of a slice of bronze, by the rules that its process was started with."""

        def work(box: Box, pending: Sequence[str], _attempt: str) -> Frames[Frame]:
            events = driver.faults.call(lambda: slice_of(box, self.tables[RAW].rows))
            return Frames(transform(events, self.tables, revisions.rules, pending), count(events))

        return Stage(
            name="silver",
            group="main",
            broker=FaultyUpstream(self.tables[RAW], tuple(self.groups), driver.faults),
            tables=[tables[name] for name in SILVER],
            ledgers=[tables[OUTCOMES]],
            work=work,
            first_limits=Limits(events=max(1, limit // 2)),
            **self._common(driver, limit),
        )

    def _common(self, driver: Driver, limit: int) -> dict[str, Any]:
        attempts, clock = iter(range(10**9)), cycle(JUMPS)

        def announce(publication: Publication) -> None:
            driver.faults.call(lambda: self.announced(publication))

        return {
            "writer": driver.writer,
            "limits": Limits(events=limit),
            "announce": announce,
            "clock": lambda: next(clock),
            "new_attempt": lambda: f"{driver.writer}/{next(attempts)}",
        }
