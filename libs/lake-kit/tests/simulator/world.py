"""One run of the simulator: a seed draws what happens, then the faults stop, all drains, and the proof is due."""

from collections.abc import Callable, Mapping
from functools import partial
from itertools import count
from random import Random

from shoplake_lake_kit.ports import Role
from shoplake_lake_kit.publication import Publication
from shoplake_lake_kit.stage_tables import BRONZE, SILVER
from shoplake_lake_kit.stamp import Stamp
from shoplake_lake_kit.topic_life import life_name
from shoplake_lake_kit.vector import Position

from . import invariants, requests
from .driver import Driver, Request, Violation
from .faults import Faults
from .hazards import Hazards
from .invariants import Beginnings
from .model_broker import TOPICS, ModelBroker
from .model_table import ModelTable, Snapshot
from .ports import FaultyTable
from .revisions import Revisions
from .rules import CLASSES, DAYS, KEPT, LOSSES, OUTCOMES, Rules
from .stages import RAW, Shop

ACTIONS = (8, 16, 28)
DRAIN_LIMIT = 30
GROUPS: tuple[Mapping[str, tuple[str, ...]], ...] = (
    {"main": TOPICS},
    {"main": TOPICS[:1], "shop": TOPICS[1:]},
)
SILVER_STAGE = "silver"


class World:
    """Broker, ten tables, and up to two drivers of each stage at once.

    A stage is named by its writer group if it is bronze's.

    Args:
        seed: Decides everything.
    """

    def __init__(self, seed: int) -> None:
        self.rng = Random(seed)
        roles = {**BRONZE, **SILVER, LOSSES: Role.DERIVED, OUTCOMES: Role.DERIVED}
        tables = {name: ModelTable(name, role) for name, role in roles.items()}
        self.shop = Shop(ModelBroker(self.rng), tables, self.rng.choice(GROUPS), self._announced)
        self.limit = self.rng.choice((1, 3, 10, 30))
        self.faults = Faults(self.rng, self.rng.choice((0.0, 0.01, 0.03, 0.1)), self._intrude)
        self.rules = Rules()
        self.lives: dict[str, str] = {}
        self.origin = Position()
        self.drivers: dict[str, list[Driver]] = {stage: [] for stage in (*self.shop.groups, SILVER_STAGE)}
        self._hazards = Hazards(self.shop, self.rng, self.faults, self.drivers)
        self._writers = count(1)
        self._running: list[str] = []
        self._accounted: list[Snapshot | None] = []

    def run(self) -> None:
        """Let things happen, drain, and check.

        Raises:
            Violation: A promise was broken. Any other error is one as well.
        """
        acts = self._acts()
        for _ in range(self.rng.choice(ACTIONS)):
            acts[int(self.rng.random() * len(acts))]()
        self.finish()

    def finish(self) -> None:
        """Drain and check.

        Raises:
            Violation: A promise was broken. Any other error is one as well.
        """
        self._drain()
        self._settle()
        invariants.check_complete(self.shop, Beginnings(self.lives, self.origin), self.rules)
        if self.rng.random() < 0.15:
            self._settle_again()

    def _acts(self) -> list[Callable[[], None]]:
        drives: list[Callable[[], None]] = [partial(self._drive, stage) for stage in (*self.drivers, SILVER_STAGE)]
        hazards = self._hazards
        often = [*drives * 3, *[self.shop.broker.produce] * 5, self._ask, self._ask, hazards.maintain, hazards.maintain]
        rare = [hazards.roll_back, hazards.grow, self._start, self._change_rules, self._change_rules, self._accept]
        losses = [partial(self._lose, lose) for lose in (hazards.forget, hazards.forget, hazards.recreate)]
        return [*often, *rare, *losses]

    def _drive(self, stage: str, request: Request | None = None) -> None:
        self.drivers[stage] = [driver for driver in self.drivers[stage] if driver.alive]
        if not self.drivers[stage]:
            self._start_one(stage)
        self._turn(stage, self.rng.choice(self.drivers[stage]), request)

    def _turn(self, stage: str, driver: Driver, request: Request | None = None) -> bool:
        # What people ask for happens seldom, so more goes wrong with it.
        calm, self.faults.rate = self.faults.rate, self.faults.rate * (3 if request else 1)
        self._running.append(stage)
        try:
            progressed = driver.turn(request, faulty=self.faults.active)
        finally:
            self._running.pop()
            self.faults.rate = calm
        if not self._running and self.faults.active:
            self._check_accounting()
        return progressed

    def _check_accounting(self) -> None:
        heads = [table.current for table in self.shop.tables.values()]
        if heads != self._accounted:
            invariants.check_accounting(self.shop)
            self._accounted = heads

    def _intrude(self) -> None:
        """In the middle of a driver's port call a topic is made anew, or a second driver takes a whole turn."""
        if len(self._running) == 1:
            stage = self._running[0]
            if stage != SILVER_STAGE and self.rng.random() < 0.3:
                self._hazards.refill()
                return
            self._start_one(stage)
            self._turn(stage, self.drivers[stage][-1], self._request() if stage == SILVER_STAGE else None)

    def _ask(self) -> None:
        """Somebody wants a replay or a backfill."""
        self._drive(SILVER_STAGE, self._request())

    def _request(self) -> Request | None:
        luck = self.rng.random()
        if luck < 0.4:
            self.faults.seen["replay"] += 1
            return requests.replay(range(0, CLASSES, self.rng.choice((1, 2))))
        if luck < 0.8:
            self.faults.seen["backfill"] += 1
            return requests.backfill(self.rng.sample(DAYS, self.rng.randint(1, 3)))
        return None

    def _lose(self, lose: Callable[[], None]) -> None:
        """The broker loses something, and often somebody is woken by it."""
        lose()
        if self.rng.random() < 0.6:
            self._accept()

    def _accept(self) -> None:
        """Somebody looks at bronze, reads its refusal, and lets it go on."""
        stage = self.rng.choice(list(self.shop.groups))
        self._drive(stage)
        refusal = next((driver.refusal for driver in self.drivers[stage] if driver.refusal), None)
        if refusal is not None:
            self.faults.seen["accepted"] += 1
            self._drive(stage, requests.accept(refusal, self.shop.tables[LOSSES]))
            cut_off = not all(driver.alive for driver in self.drivers[stage])
            if cut_off or self.rng.random() < 0.3:
                # Whether that took place or not, the broker goes on forgetting.
                self._hazards.forget(self.rng.choice(self.shop.groups[stage]))
                self._accept()

    def _change_rules(self) -> None:
        """Silver is deployed with other rules, and does what that calls for; processes that still run keep theirs."""
        if self.rng.random() < 0.3:
            # It may be cut off, and then be completed by a process with the other rules.
            self._drive(SILVER_STAGE, requests.backfill(DAYS))
        bad = sorted(self.rules.bad)
        mends = bool(bad) and self.rng.random() < 0.6
        self.rules = self.rules.changed(self.rng.choice(bad) if mends else self.rng.randrange(CLASSES))
        self.faults.seen["rules"] += 1
        self._start_one(SILVER_STAGE)
        if self.rng.random() < 0.8:
            wanted = requests.replay(range(CLASSES)) if mends else requests.backfill(DAYS)
            self._turn(SILVER_STAGE, self.drivers[SILVER_STAGE][-1], wanted)

    def _start(self) -> None:
        self._start_one(self.rng.choice(list(self.drivers)))

    def _start_one(self, stage: str) -> None:
        shop, is_silver = self.shop, stage == SILVER_STAGE
        revisions = Revisions(shop.tables, self.rules) if is_silver else None
        driver = Driver(writer=f"{stage}-{next(self._writers)}", faults=self.faults, revisions=revisions)
        group, written = ("main", (*SILVER, OUTCOMES)) if is_silver else (stage, (*BRONZE, LOSSES))
        seen = partial(self._published, stage, driver)
        tables = {name: FaultyTable(shop.tables[name], group, self.faults, seen) for name in written}
        if revisions is not None:
            driver.stage = shop.silver_stage(driver, tables, revisions, self.limit)
        else:
            driver.stage = shop.bronze_stage(driver, tables, group, self.limit)
        self.drivers[stage].append(driver)

    def _published(self, stage: str, writer: Driver, table: ModelTable, stamp: Stamp) -> None:
        for driver in self.drivers[stage]:
            driver.overtaken = driver.overtaken or driver is not writer
        if table.name in (LOSSES, OUTCOMES):
            return
        writer.publishes += 1
        for driver in self.drivers[stage]:
            driver.doomed = driver.doomed or (driver is not writer and driver.settled)
        if table.name == RAW:
            self._check_lives(stamp)
        elif self.faults.active and table.current and not table.current.moves:
            # A replay or a backfill is half done, and not an event is counted twice or not at all.
            invariants.check_accounting(self.shop)

    def _check_lives(self, stamp: Stamp) -> None:
        """A life of a topic is one topic of the broker for ever, or an address could come twice."""
        for topic, topic_id in stamp.topic_ids.items():
            life = life_name(topic, stamp.epochs[topic])
            if self.lives.setdefault(topic_id, life) != life or list(self.lives.values()).count(life) > 1:
                raise Violation(f"{topic_id} is read as {life}: {self.lives}")
        if stamp.origin.extended(self.origin) != self.origin.extended(stamp.origin):
            raise Violation(f"the origin was {self.origin}, and is {stamp.origin}")
        self.origin = self.origin.extended(stamp.origin)

    def _announced(self, publication: Publication) -> None:
        """An announcement arrives, or does not; one that does tells of a publish that took place."""
        if self.faults.active and self.rng.random() < 0.2:
            self.faults.seen["announcement_lost"] += 1
            return
        stamps = (snapshot.stamp() for snapshot in self.shop.tables[publication.table].stamped())
        if not any((stamp.attempt, stamp.position) == (publication.attempt, publication.end) for stamp in stamps):
            raise Violation(f"announced, and not there: {publication}")

    def _drain(self) -> None:
        self.faults.stop()
        self.limit = DRAIN_LIMIT
        for stage in self.drivers:
            for driver in self.drivers[stage]:
                # Without faults in the way, whoever was overtaken must say so at once.
                if driver.alive:
                    self._turn(stage, driver)
            self._start_one(stage)
            self._run_dry(stage, self.drivers[stage][-1])

    def _run_dry(self, stage: str, driver: Driver) -> None:
        for _ in range(500):
            if not self._turn(stage, driver):
                if driver.refusal is None:
                    return
                if stage == SILVER_STAGE:
                    raise Violation(f"silver refuses: {driver.refusal}")
                self._turn(stage, driver, requests.accept(driver.refusal, self.shop.tables[LOSSES]))
        raise Violation(f"{stage} does not come to an end")

    def _settle(self) -> bool:
        """Under today's rules everything is put where it belongs; says whether a replay had anything to do."""
        driver = self.drivers[SILVER_STAGE][-1]
        kept = (row for name in KEPT for row in self.shop.tables[name].rows)
        if self.rng.random() < 0.3 or any(self.rules.quarantines(row.event) for row in kept):
            self._turn(SILVER_STAGE, driver, requests.backfill(DAYS))
        invariants.check_accounting(self.shop)
        return self._turn(SILVER_STAGE, driver, requests.replay(range(CLASSES)))

    def _settle_again(self) -> None:
        before = invariants.rows_of(self.shop.tables, (*SILVER, OUTCOMES))
        replayed = self._settle()
        if replayed or invariants.rows_of(self.shop.tables, (*SILVER, OUTCOMES)) != before:
            raise Violation("a second backfill and replay changed something")
