"""Recovery on an idle machine: nothing is left to do, one process dies, a few events come, its stage publishes again.

Under the load of the other kills a restart shares its cores with everything else that catches up; this is what a
restart costs by itself.
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
from prove.producer import Load
from prove.watch import STAGE_OF, ProofError, Watch

SHARE = 5
"""One kill in so many is of this kind."""
EVENTS_EACH = 20
RATE = 50.0
IN_TURN = ("silver-process", "gold-batch", "bronze-ingest")
WITHIN = 600.0
TABLES = {"bronze": tuple(BRONZE), "silver": tuple(SILVER), "gold": tuple(GOLD)}
Published = dict[str, int | None]


def kept_back(kills: int) -> int:
    """Events that are to be left for so many kills."""
    return kills * EVENTS_EACH


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
        self._stack.kill(service, whole=True)
        died, at = time.monotonic(), datetime.now(UTC).isoformat(timespec="milliseconds")
        with published(self._stack) as newest:
            before = newest(stage)
            self._load.until += EVENTS_EACH
            back = lambda: self._stack.pid(service) not in (None, pid) and self._watch.state(service) == "RUNNING"  # noqa: E731
            running = self._until(back, died, f"{service} runs again")
            recovery = self._until(lambda: newest(stage) != before, died, f"{service} publishes again")
            is_new = lambda: all(number != before[name] for name, number in newest(stage).items())  # noqa: E731
            whole = self._until(is_new, died, f"{service} publishes all its tables again")
        return Kill(at, service, None, None, running, recovery, whole)

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


def _newest(catalog: Catalog, name: str) -> int | None:
    """Maintenance writes the same rows anew; that is no publish."""
    table = catalog.load_table(name)
    snapshot = table.current_snapshot()
    while snapshot is not None and snapshot.summary and snapshot.summary.operation is Operation.REPLACE:
        parent = snapshot.parent_snapshot_id
        snapshot = None if parent is None else table.snapshot_by_id(parent)
    return None if snapshot is None else snapshot.snapshot_id
