"""What happens to tables and broker beside the stages: maintenance, rollbacks, retention, topics made anew."""

from collections.abc import Callable, Mapping, Sequence
from random import Random

from shoplake_lake_kit.plan import in_lives
from shoplake_lake_kit.revision import backfilling
from shoplake_lake_kit.stage_tables import SILVER

from .driver import Driver
from .faults import Faults
from .model_broker import TOPICS
from .model_table import ModelTable, Snapshot
from .ports import merged
from .rules import QUARANTINE
from .stages import RAW, Shop


class Hazards:
    """Acts on a shop at random.

    Args:
        shop: The tables and the broker.
        rng: The run's source of chance.
        faults: Publishes under way are cut off by a rollback, as a person who rolls back first stops the stage.
        drivers: Those who have to look again after a rollback.
    """

    def __init__(self, shop: Shop, rng: Random, faults: Faults, drivers: Mapping[str, Sequence[Driver]]) -> None:
        self._shop = shop
        self._rng = rng
        self._faults = faults
        self._drivers = drivers

    def maintain(self) -> None:
        """Compact a table, expire its history, or die between tagging and expiring."""
        # Bronze more often than others: groups share it, and tags are for the silent ones.
        others = list(self._shop.tables)
        table = self._shop.tables[RAW if self._rng.random() < 0.3 else self._rng.choice(others)]
        luck, depth = self._rng.random(), self._rng.choice((1, 2, 4))
        if luck < 0.5:
            table.compact()
            return
        keep = _box_kept(depth) if table.name in SILVER else _newest(depth)
        (table.expire if luck < 0.85 else table.tag)(keep)

    def grow(self) -> None:
        """A topic gets one more partition."""
        if self._rng.random() < 0.3:
            self._shop.broker.grow()

    def forget(self, topic: str | None = None) -> None:
        """Retention takes the head of a log, read or not."""
        if (topic or self._rng.random() < 0.5) and not self._silver_is_ahead():
            self._shop.broker.forget(topic or self._rng.choice(TOPICS))
            self._count("retention")

    def recreate(self) -> None:
        """A topic is deleted and made anew."""
        if self._rng.random() < 0.3 and not self._silver_is_ahead():
            self._shop.broker.recreate(self._rng.choice(TOPICS))
            self._count("recreated")

    def refill(self) -> None:
        """A topic is deleted, made anew and filled, all of it while somebody waits for an answer."""
        if not self._silver_is_ahead():
            self._shop.broker.recreate(self._rng.choice(TOPICS))
            for _ in range(6):
                self._shop.broker.produce()
            self._count("refilled")

    def roll_back(self) -> None:
        """Somebody returns bronze, or one silver table of a closed box, to its stamp before the newest one."""
        if self._rng.random() < 0.7:
            names = [RAW, *(list(SILVER)[1:] if self._silver_is_closed() else ())]
            if self._roll_back(self._shop.tables[self._rng.choice(names)]):
                self._count("rolled_back")

    def _roll_back(self, table: ModelTable) -> bool:
        stamped = [snapshot for snapshot in table.ancestors() if snapshot.carries]
        if len(stamped) < 2:
            return False
        before, table.current = table.current, stamped[1]
        if table.name == RAW and not self._can_be_read_again(before):
            table.current = before
            return False
        self._faults.cut_off()
        for driver in (driver for drivers in self._drivers.values() for driver in drivers):
            driver.doomed = driver.settled = False
        return True

    def _can_be_read_again(self, before: Snapshot | None) -> bool:
        """Whether the broker still holds what a rollback of bronze takes away; otherwise it would be lost for good."""
        bronze, groups = self._shop.tables[RAW], tuple(self._shop.groups)
        after, bronze.current = bronze.current, before
        known = merged(bronze, groups)
        bronze.current = after
        stamp, source = merged(bronze, groups), self._shop.broker.source()
        if stamp is None or known is None or (stamp.topic_ids, stamp.epochs) != (known.topic_ids, known.epochs):
            return False
        if stamp.origin != known.origin or stamp.totals.lost != known.totals.lost:
            return False
        if any(source.topic_ids[topic] != topic_id for topic, topic_id in stamp.topic_ids.items()):
            return False
        return stamp.position.extended(source.beginning).covers(in_lives(source, stamp).beginning)

    def _silver_is_closed(self) -> bool:
        stamps = {name: self._shop.tables[name].newest_stamp("main") for name in SILVER}
        lead = stamps[QUARANTINE]
        level = all(stamp and lead and stamp.position == lead.position for stamp in stamps.values())
        return level and not backfilling(lead, stamps)

    def _silver_is_ahead(self) -> bool:
        """After a rollback of bronze: what silver has already must not be given up as lost."""
        bronze = merged(self._shop.tables[RAW], tuple(self._shop.groups))
        silver = self._shop.tables[QUARANTINE].newest_stamp("main")
        return bool(silver) and (bronze is None or not bronze.position.covers(silver.position))

    def _count(self, event: str) -> None:
        self._faults.seen[event] += 1


def _newest(depth: int) -> Callable[[int, Snapshot], bool]:
    return lambda kept, _last: kept < depth


def _box_kept(depth: int) -> Callable[[int, Snapshot], bool]:
    """Accounting looks back over replays and backfills to the newest box."""
    return lambda kept, last: kept < depth or not (last.carries and last.moves)
