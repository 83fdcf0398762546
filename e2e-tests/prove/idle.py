"""Recovery on an idle machine: a few events come, the process that is to publish them dies, and nobody else works.

Under the load of the other kills a restart shares its cores with everything else that catches up; this is what a
restart costs by itself. So the stages before it have done their part when it dies.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from pyiceberg.catalog import Catalog
from pyiceberg.table.snapshots import Operation
from shoplake_lake_kit.remembering_catalog import RememberingCatalog
from shoplake_lake_kit.stage_tables import BRONZE, GOLD, SILVER
from stack import Stack

from prove.killer import Kill
from prove.pace import Pace
from prove.producer import Load
from prove.watch import STAGE_OF, ProofError, Watch

SHARE = 5
"""One kill in so many is of this kind."""
EVENTS = 10
"""So many come at once; once more if they were published before the process died."""
RATE = 50.0
IN_TURN = ("silver-process", "gold-batch", "bronze-ingest")
WITHIN = 600.0
UPSTREAM = {"silver": "bronze", "gold": "silver"}
"""Stage → the one whose tables it reads."""
TABLES = {"bronze": tuple(BRONZE), "silver": tuple(SILVER), "gold": tuple(GOLD)}
Published = dict[str, int | None]


def kept_back(kills: int) -> int:
    """Events that are to be left for so many kills."""
    return kills * 2 * EVENTS


class IdleKills:
    """Kills one process after the other, each when nothing is left to do."""

    def __init__(self, stack: Stack, watch: Watch, load: Load, say: Callable[[str], None]) -> None:
        self._stack = stack
        self._watch = watch
        self._load = load
        self._say = say

    def each(self, number: int) -> Iterator[Kill]:
        """So many kills of the services in turn."""
        for turn in range(number):
            self._watch.until_gold_holds_everything(self._say)
            self._until(lambda: not self._watch.gold_maintains(), time.monotonic(), "no table is maintained")
            yield self._kill(IN_TURN[turn % len(IN_TURN)])

    def _kill(self, service: str) -> Kill:
        stage, pid = STAGE_OF[service], self._stack.pid(service)
        with published(self._stack) as newest:
            at_rest = newest(stage)
            if stage in UPSTREAM:
                self._bring(UPSTREAM[stage], newest)
            self._stack.kill(service, whole=True)
            died, at = time.monotonic(), datetime.now(UTC).isoformat(timespec="milliseconds")
            before = newest(stage)
            if stage not in UPSTREAM or before != at_rest:
                self._load.until += EVENTS
            pace = Pace()
            back = lambda: self._stack.pid(service) not in (None, pid) and self._watch.state(service) == "RUNNING"  # noqa: E731
            running = self._until(pace.beside(back), died, f"{service} runs again")
            recovery = self._until(pace.beside(lambda: newest(stage) != before), died, f"{service} publishes again")
            everything = lambda: _all_new(newest(stage), before)  # noqa: E731
            whole = self._until(everything, died, f"{service} publishes all its tables again")
        return Kill(at, service, None, None, running, recovery, whole, pace.turn_ns)

    def _bring(self, stage: str, newest: Callable[[str], Published]) -> None:
        """Let some events come, and wait until a stage has published them."""
        before = newest(stage)
        self._load.until += EVENTS
        self._until(lambda: _all_new(newest(stage), before), time.monotonic(), f"{stage} publishes some events")

    def _until(self, holds: Callable[[], bool], since: float, what: str) -> float:
        if not self._watch.wait(holds, WITHIN, what, every=0.4):
            raise ProofError(f"{what}: not within {WITHIN:.0f} s\n{self._stack.log_tail()}")
        return round(time.monotonic() - since, 2)


@contextmanager
def published(stack: Stack) -> Iterator[Callable[[str], Published]]:
    """A look at what a stage has published: per table the newest snapshot that brought rows or a position."""
    # Looking must cost little: what it takes is taken from the stage that comes back.
    catalog = RememberingCatalog(
        "iceberg", uri=f"sqlite:///{stack.home}/catalog.db", warehouse=f"file://{stack.home}/warehouse"
    )
    try:
        yield lambda stage: {name: _newest(catalog, name) for name in TABLES[stage]}
    finally:
        catalog.close()


def _all_new(now: Published, before: Published) -> bool:
    return all(number != before[name] for name, number in now.items())


def _newest(catalog: Catalog, name: str) -> int | None:
    """Maintenance writes the same rows anew; that is no publish."""
    table = catalog.load_table(name)
    snapshot = table.current_snapshot()
    while snapshot is not None and snapshot.summary and snapshot.summary.operation is Operation.REPLACE:
        parent = snapshot.parent_snapshot_id
        snapshot = None if parent is None else table.snapshot_by_id(parent)
    return None if snapshot is None else snapshot.snapshot_id
