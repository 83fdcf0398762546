"""One process that runs a real `Stage` over the model's ports, dies, restarts, and is watched while it does."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from shoplake_contracts.errors import StampAhead, Transient, UpstreamNotReady, WriterConflict
from shoplake_lake_kit.batch import Frames
from shoplake_lake_kit.box import Box
from shoplake_lake_kit.ports import Role, Source, Staged
from shoplake_lake_kit.publication import Publication
from shoplake_lake_kit.stage import Limits, Stage
from shoplake_lake_kit.stamp import Stamp

from .faults import Crash, Faults
from .model_broker import ModelBroker, Row
from .model_table import ModelTable
from .transform import count, slice_of, transform

Rows = tuple[Row, ...]
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


class Violation(AssertionError):  # noqa: N818 - a finding of the test, no error of the program
    """Something happened that the protocol promises never happens."""


@dataclass(frozen=True)
class FaultyTable:
    """A driver's way to a table: every call may go wrong, every publish is seen by the watch."""

    table: ModelTable
    faults: Faults
    published: Callable[[], None]

    @property
    def name(self) -> str:
        return self.table.name

    @property
    def role(self) -> Role:
        return self.table.role

    def newest_stamp(self) -> Stamp | None:
        return self.faults.call(self.table.newest_stamp)

    def stage(self, frame: Rows, attempt: str) -> Staged:
        return self.faults.call(lambda: self.table.stage(frame, attempt))

    def publish(self, staged: Staged, stamp: Stamp, planned_on: Stamp | None) -> int:
        def effect() -> int:
            snapshot_id = self.table.publish(staged, stamp, planned_on)
            self.published()
            return snapshot_id

        return self.faults.publish(effect)


class Upstream:
    """Bronze as silver's source, by its stamp."""

    def __init__(self, bronze: ModelTable) -> None:
        self._bronze = bronze

    def source(self) -> Source:
        stamp = self._bronze.newest_stamp()
        if stamp is None:
            raise UpstreamNotReady("bronze")
        return Source(stamp.cluster, stamp.topic_ids, stamp.epochs, stamp.origin, stamp.position)


@dataclass(frozen=True)
class FaultyBroker:
    """A driver's way to its source."""

    port: ModelBroker | Upstream
    faults: Faults

    def source(self) -> Source:
        return self.faults.call(self.port.source)


class Driver:
    """One process of a stage.

    Attributes:
        settled: It has looked at every table at least once.
        doomed: Another driver published since: it must not publish again, and must say why.
        alive: It has not refused.
    """

    def __init__(self, writer: str, build: Callable[["Driver"], Stage[Rows]]) -> None:
        self.writer = writer
        self.settled = self.doomed = False
        self.alive = True
        self.publishes = 0
        self._stage = build(self)

    def step(self, *, faulty: bool) -> bool:
        """One step of the stage; a refusal that the run's events explain ends this driver."""
        doomed, publishes = self.doomed, self.publishes
        try:
            progressed = self._stage.step()
            self.settled = True
        except (Crash, WriterConflict):
            self.alive = progressed = False
        except (Transient, StampAhead):
            progressed = False
        if doomed and self.alive and not faulty:
            raise Violation(f"{self.writer} did not notice another writer")
        if doomed and self.publishes > publishes:
            raise Violation(f"{self.writer} published after another writer")
        return progressed


def bronze_stage(driver: Driver, broker: ModelBroker, faults: Faults, table: FaultyTable, limit: int) -> Stage[Rows]:
    """Bronze: the broker's events as they are; only the table can tell how many there were."""

    def work(box: Box, pending: Sequence[str], _attempt: str) -> Frames[Rows]:
        return Frames(dict.fromkeys(pending, faults.call(lambda: tuple(broker.read(box)))))

    return _stage("bronze", driver, FaultyBroker(broker, faults), [table], work, faults, limit)


def silver_stage(
    driver: Driver, bronze: ModelTable, faults: Faults, tables: Mapping[str, FaultyTable], limit: int
) -> Stage[Rows]:
    """Silver: seven tables out of a slice of bronze."""
    models = {name: table.table for name, table in tables.items()}

    def work(box: Box, pending: Sequence[str], _attempt: str) -> Frames[Rows]:
        events = faults.call(lambda: slice_of(box, bronze.rows))
        frames = transform(events, models)
        return Frames({name: frames[name] for name in pending}, count(events))

    return _stage("silver", driver, FaultyBroker(Upstream(bronze), faults), [*tables.values()], work, faults, limit)


def _stage(
    name: str,
    driver: Driver,
    broker: FaultyBroker,
    tables: Sequence[FaultyTable],
    work: Callable[[Box, Sequence[str], str], Frames[Rows]],
    faults: Faults,
    limit: int,
) -> Stage[Rows]:
    attempts = iter(range(10**9))

    def announce(_publication: Publication) -> None:
        faults.call(lambda: None)

    return Stage(
        name=name,
        group="main",
        writer=driver.writer,
        broker=broker,
        tables=tables,
        work=work,
        limits=Limits(events=limit),
        announce=announce,
        clock=lambda: NOON,
        new_attempt=lambda: f"{driver.writer}/{next(attempts)}",
    )
