"""One run of the simulator: a seed draws what happens, then the faults stop, all drains, and the proof is due."""

from collections.abc import Callable
from functools import partial
from itertools import count
from random import Random

from shoplake_lake_kit.stage import Stage
from shoplake_lake_kit.stage_tables import BRONZE, SILVER

from . import invariants
from .driver import Driver, FaultyTable, Rows, Violation, bronze_stage, silver_stage
from .faults import Faults
from .model_broker import ModelBroker
from .model_table import ModelTable, Snapshot

ACTIONS = 40
DRAIN_LIMIT = 30
STAGES = ("bronze", "silver")


class World:
    """Broker, eight tables, and up to two drivers of each stage at once.

    Args:
        seed: Decides everything.
        table: The model of a table; a mutant replaces it.
    """

    def __init__(self, seed: int, table: Callable[..., ModelTable] = ModelTable) -> None:
        self.rng = Random(seed)
        self.broker = ModelBroker(self.rng)
        self.bronze = {name: table(name, role) for name, role in BRONZE.items()}
        self.silver = {name: table(name, role) for name, role in SILVER.items()}
        self.limit = self.rng.choice((1, 3, 10, 30))
        self.faults = Faults(self.rng, self.rng.choice((0.0, 0.01, 0.03, 0.1)), self._intrude)
        self.drivers: dict[str, list[Driver]] = {stage: [] for stage in STAGES}
        self._writers = count(1)
        self._running: list[str] = []
        self._accounted: list[Snapshot | None] = []

    @property
    def tables(self) -> dict[str, ModelTable]:
        return self.bronze | self.silver

    def run(self) -> None:
        """Let things happen, drain, and check.

        Raises:
            Violation: A promise was broken. Any other error is one as well.
        """
        steps: list[Callable[[], None]] = [partial(self._drive, "bronze"), partial(self._drive, "silver")]
        acts: list[Callable[[], None]] = [
            *steps * 4,
            *[self.broker.produce] * 4,
            self._maintain,
            self._roll_back,
            self._start,
            self._grow,
        ]
        for _ in range(ACTIONS):
            self.rng.choice(acts)()
        self._drain()
        invariants.check_complete(self.broker, self.bronze, self.silver)

    def _drive(self, stage: str) -> None:
        self.drivers[stage] = [driver for driver in self.drivers[stage] if driver.alive]
        if not self.drivers[stage]:
            self._start_one(stage)
        self._step(stage, self.rng.choice(self.drivers[stage]))
        heads = [table.current for table in self.tables.values()]
        if heads != self._accounted:
            invariants.check_accounting(self.broker, self.bronze, self.silver)
            self._accounted = heads

    def _step(self, stage: str, driver: Driver) -> bool:
        self._running.append(stage)
        try:
            return driver.step(faulty=self.faults.active)
        finally:
            self._running.pop()

    def _intrude(self) -> None:
        """A second driver takes a whole step in the middle of the first one's port call."""
        if len(self._running) == 1:
            stage = self._running[0]
            self._start_one(stage)
            self._step(stage, self.drivers[stage][-1])

    def _start(self) -> None:
        self._start_one(self.rng.choice(STAGES))

    def _start_one(self, stage: str) -> None:
        self.drivers[stage].append(Driver(f"{stage}-{next(self._writers)}", partial(self._build, stage)))

    def _build(self, stage: str, driver: Driver) -> Stage[Rows]:
        published = partial(self._published, stage, driver)
        mine = self.bronze if stage == "bronze" else self.silver
        tables = {name: FaultyTable(table, self.faults, published) for name, table in mine.items()}
        if stage == "bronze":
            return bronze_stage(driver, self.broker, self.faults, next(iter(tables.values())), self.limit)
        return silver_stage(driver, next(iter(self.bronze.values())), self.faults, tables, self.limit)

    def _published(self, stage: str, writer: Driver) -> None:
        writer.publishes += 1
        for driver in self.drivers[stage]:
            driver.doomed = driver.doomed or (driver is not writer and driver.settled)

    def _maintain(self) -> None:
        table = self.rng.choice(list(self.tables.values()))
        self.rng.choice((table.compact, table.expire))()

    def _grow(self) -> None:
        if self.rng.random() < 0.3:
            self.broker.grow()

    def _roll_back(self) -> None:
        """Somebody returns bronze, or one silver table of a closed box, to what it was a box before."""
        if self.rng.random() < 0.3:
            candidates = [*self.bronze.values()]
            if len({table.stamps()[0].attempt if table.stamps() else None for table in self.silver.values()}) == 1:
                candidates += list(self.silver.values())[1:]
            if self.rng.choice(candidates).roll_back():
                for driver in (*self.drivers["bronze"], *self.drivers["silver"]):
                    driver.doomed = driver.settled = False

    def _drain(self) -> None:
        self.faults.stop()
        self.limit = DRAIN_LIMIT
        for stage in STAGES:
            for driver in self.drivers[stage]:
                # Without faults in the way, whoever was overtaken must say so at once.
                if driver.alive:
                    self._step(stage, driver)
            self._start_one(stage)
            for _ in range(500):
                if not self._step(stage, self.drivers[stage][-1]):
                    break
            else:
                raise Violation(f"{stage} does not come to an end")
