"""A driver's way to the model's tables and sources: every call may go wrong, every publish is seen by the watch."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from shoplake_contracts.errors import UpstreamNotReady
from shoplake_lake_kit import writer_groups
from shoplake_lake_kit.ports import Role, Source, Staged
from shoplake_lake_kit.stamp import Stamp

from .faults import Faults
from .model_broker import ModelBroker
from .model_table import Frame, ModelTable


@dataclass(frozen=True)
class FaultyTable:
    """A table as one writer group sees it; implements `TablePort`."""

    table: ModelTable
    group: str
    faults: Faults
    published: Callable[[ModelTable, Stamp], None]

    @property
    def name(self) -> str:
        return self.table.name

    @property
    def role(self) -> Role:
        return self.table.role

    def newest_stamp(self) -> Stamp | None:
        return self.faults.call(lambda: self.table.newest_stamp(self.group))

    def stage(self, frame: Frame, attempt: str) -> Staged:
        return self.faults.call(lambda: self.table.stage(frame, attempt))

    def publish(self, staged: Staged, stamp: Stamp, planned_on: Stamp | None) -> int:
        def effect() -> int:
            snapshot_id = self.table.publish(staged, stamp, planned_on)
            self.published(self.table, stamp)
            return snapshot_id

        return self.faults.publish(effect)


@dataclass(frozen=True)
class FaultyBroker:
    """The broker as one writer group sees it: its own topics."""

    broker: ModelBroker
    topics: Sequence[str]
    faults: Faults

    def source(self) -> Source:
        return self.faults.call(lambda: self.broker.source(self.topics))


@dataclass(frozen=True)
class FaultyUpstream:
    """Bronze as silver's source, by the stamps of all its writer groups."""

    bronze: ModelTable
    groups: Sequence[str]
    faults: Faults

    def source(self) -> Source:
        stamp = self.faults.call(lambda: merged(self.bronze, self.groups))
        if stamp is None:
            raise UpstreamNotReady("bronze")
        return Source(stamp.cluster, stamp.topic_ids, stamp.epochs, stamp.origin, stamp.position, is_table=True)


def merged(bronze: ModelTable, groups: Sequence[str]) -> Stamp | None:
    """What the stamps of groups that own different topics say together."""
    return writer_groups.merged(map(bronze.newest_stamp, groups))
