"""Single steps of the stage over the model tables: what it publishes, announces, and leaves alone."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pytest
from shoplake_contracts.errors import AuditFailed, PublishUnknown, SourceChanged, WriterConflict
from shoplake_lake_kit.batch import Frames
from shoplake_lake_kit.box import Box
from shoplake_lake_kit.ports import Role, Source, Staged
from shoplake_lake_kit.publication import Publication
from shoplake_lake_kit.stage import Limits, Stage
from shoplake_lake_kit.stamp import Stamp
from shoplake_lake_kit.vector import Counts, Position

from .model_broker import Row, Rows
from .model_table import Frame, ModelTable
from .stages import NOON

GOOD, BAD = Row("t", 0, 0, 1), Row("t", 0, 1, 7)


class FixedBroker:
    """A source of two events that may grow."""

    def __init__(self) -> None:
        self.end = 2
        self.ids: Iterator[str] = iter(())

    def source(self) -> Source:
        return Source("c1", {"t": next(self.ids, "id1")}, None, Position({"t": [0]}), Position({"t": [self.end]}))


class OneGroup(ModelTable):
    """The table as its only writer group sees it."""

    def newest_stamp(self, group: str = "main") -> Stamp | None:
        return super().newest_stamp(group)


class Rig:
    """A stage of two tables, what it announced, and whether its batch was closed."""

    def __init__(self, rows: Mapping[str, Rows] | None = None, read: int | None = 2, role: Role = Role.OUT) -> None:
        self.broker = FixedBroker()
        self.lead = OneGroup("quarantine", Role.QUARANTINED if role is Role.OUT else role)
        self.good = OneGroup("good", role)
        self.announced: list[Publication] = []
        self.closed = 0
        self.asked: list[tuple[str, ...]] = []
        self._rows = {"quarantine": (BAD,), "good": (GOOD,)} if rows is None else rows
        self._read = None if read is None else Counts({"t": [read]})

    def stage(self, writer: str = "w1") -> Stage[Frame]:
        attempts = iter(range(100))
        return Stage(
            name="silver",
            group="main",
            writer=writer,
            broker=self.broker,
            tables=[self.lead, self.good],
            work=self._work,
            limits=Limits(),
            announce=self.announced.append,
            clock=lambda: NOON,
            new_attempt=lambda: f"{writer}/{next(attempts)}",
        )

    def _work(self, _box: Box, pending: Sequence[str], _attempt: str) -> Frames[Frame]:
        self.asked.append(tuple(pending))
        return Frames({name: self._rows[name] for name in pending}, self._read, self._close)

    def _close(self) -> None:
        self.closed += 1


def test_a_box_of_a_topic_made_anew_meanwhile_is_not_published() -> None:
    rig = Rig()
    rig.broker.ids = iter(["id1", "id2"])
    with pytest.raises(SourceChanged, match="t changed while a box was read"):
        rig.stage().step()
    assert (rig.lead.newest_stamp(), rig.good.newest_stamp(), rig.closed) == (None, None, 1)


def test_a_box_is_published_lead_first_and_announced() -> None:
    rig = Rig()
    assert rig.stage().step()
    assert [publication.table for publication in rig.announced] == ["quarantine", "good"]
    assert (rig.lead.rows, rig.good.rows) == ((BAD,), (GOOD,))
    assert rig.closed == 1


def test_every_table_is_stamped_with_its_own_share() -> None:
    rig = Rig()
    rig.stage().step()
    lead, good = rig.lead.recent()[0], rig.good.recent()[0]
    assert lead.position == good.position == Position({"t": [2]})
    assert lead.read == good.read == Counts({"t": [2]})
    assert (lead.quarantined.total(), lead.out.total()) == (1, 0)
    assert (good.quarantined.total(), good.out.total()) == (0, 1)
    assert (good.cluster, good.topic_ids, good.epochs) == ("c1", {"t": "id1"}, {"t": 0})


def test_a_table_without_rows_is_stamped_as_well() -> None:
    rig = Rig({"quarantine": (), "good": (GOOD, BAD)})
    rig.stage().step()
    assert rig.lead.recent()[0].position == Position({"t": [2]})


def test_nothing_to_read_writes_nothing() -> None:
    rig = Rig()
    stage = rig.stage()
    stage.step()
    before = (len(rig.lead.snapshots), len(rig.announced))
    assert not stage.step()
    assert (len(rig.lead.snapshots), len(rig.announced)) == before


def test_the_first_box_of_a_process_has_bounds_of_its_own() -> None:
    def rig_over(*offsets: int) -> Rig:
        return Rig({"quarantine": (), "good": tuple(Row("t", 0, offset, offset) for offset in offsets)}, len(offsets))

    rig = rig_over(0)
    stage = rig.stage()
    stage.first_limits, rig.broker.end = Limits(events=1), 4
    assert stage.step()
    assert rig.good.recent()[0].position == Position({"t": [1]})
    rig._rows, rig._read = rig_over(1, 2, 3)._rows, Counts({"t": [3]})
    assert stage.step()
    assert rig.good.recent()[0].position == Position({"t": [4]})


def test_a_failed_audit_publishes_nothing_and_closes_the_batch() -> None:
    rig = Rig(read=3)
    with pytest.raises(AuditFailed):
        rig.stage().step()
    assert rig.lead.rows == rig.good.rows == ()
    assert rig.announced == []
    assert rig.closed == 1


def test_only_the_tables_that_lack_the_box_are_worked_on_again(monkeypatch: pytest.MonkeyPatch) -> None:
    rig = Rig()
    with monkeypatch.context() as patch:
        patch.setattr(rig.good, "publish", _raise(ConnectionError()))
        with pytest.raises(ConnectionError):
            rig.stage().step()
    rig.broker.end = 5
    assert rig.stage("w2").step()
    assert rig.asked == [("quarantine", "good"), ("good",)]
    assert rig.good.recent()[0].position == Position({"t": [2]})
    assert rig.good.rows == (GOOD,)


def test_no_box_is_begun_while_it_may_not_be_and_an_open_one_is_completed(monkeypatch: pytest.MonkeyPatch) -> None:
    rig = Rig()
    stage = rig.stage()
    stage.may_begin = lambda: False
    assert not stage.step()
    assert rig.asked == []
    with monkeypatch.context() as patch:
        patch.setattr(rig.good, "publish", _raise(ConnectionError()))
        with pytest.raises(ConnectionError):
            rig.stage("w2").step()
    stage = rig.stage("w3")
    stage.may_begin = lambda: False
    assert stage.step()
    assert rig.good.recent()[0].position == Position({"t": [2]})


def test_a_publish_whose_reply_was_lost_is_found_by_its_stamp(monkeypatch: pytest.MonkeyPatch) -> None:
    rig = Rig()
    right = rig.lead.publish

    def lost(*arguments: Any) -> int:
        right(*arguments)
        raise PublishUnknown("lost")

    monkeypatch.setattr(rig.lead, "publish", lost)
    assert rig.stage().step()
    assert rig.lead.rows == (BAD,)
    assert [publication.snapshot_id is None for publication in rig.announced] == [True, False]


def test_a_publish_that_did_not_take_place_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    rig = Rig()
    stage = rig.stage()
    with monkeypatch.context() as patch:
        patch.setattr(rig.lead, "publish", _raise(PublishUnknown("lost")))
        with pytest.raises(PublishUnknown):
            stage.step()
    assert stage.step()
    assert rig.lead.rows == (BAD,)


def test_an_own_publish_that_lands_late_is_no_conflict(monkeypatch: pytest.MonkeyPatch) -> None:
    rig = Rig()
    stage = rig.stage()
    right, late = rig.lead.publish, []

    def lost(*arguments: Any) -> int:
        late.append(arguments)
        raise PublishUnknown("lost")

    def after_the_late_one(staged: Staged, stamp: Stamp, planned_on: Stamp | None) -> int:
        right(*late.pop())
        return right(staged, stamp, planned_on)

    monkeypatch.setattr(rig.lead, "publish", lost)
    with pytest.raises(PublishUnknown):
        stage.step()
    monkeypatch.setattr(rig.lead, "publish", after_the_late_one)
    with pytest.raises(PublishUnknown, match="attempt w1/0 of this writer came first"):
        stage.step()
    assert stage.step()
    assert (rig.lead.rows, rig.good.rows) == ((BAD,), (GOOD,))


def test_the_writer_that_was_overtaken_names_the_other() -> None:
    rig = Rig()
    first, second = rig.stage("w1"), rig.stage("w2")
    first.step()
    rig.broker.end = 4
    second.step()
    with pytest.raises(WriterConflict, match=r"quarantine carries attempt w2/0 of writer w2 .* this is writer w1"):
        first.step()


def test_a_writer_that_loses_the_race_names_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    rig = Rig()
    right = rig.lead.publish

    def overtaken(*arguments: Any) -> int:
        monkeypatch.setattr(rig.lead, "publish", right)
        rig.stage("w2").step()
        return right(*arguments)

    monkeypatch.setattr(rig.lead, "publish", overtaken)
    with pytest.raises(WriterConflict, match="of writer w2"):
        rig.stage("w1").step()
    assert rig.good.rows == (GOOD,)


def test_a_derived_table_is_not_audited_and_counts_its_rows_as_out() -> None:
    rig = Rig(read=None, role=Role.DERIVED)
    assert rig.stage().step()
    stamp = rig.good.recent()[0]
    assert stamp.out.total() == 1
    assert stamp.totals.offset_gaps == Counts()


def test_a_derived_table_is_published_although_another_one_cannot_be_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    rig = Rig(read=None, role=Role.DERIVED)
    with monkeypatch.context() as patch:
        patch.setattr(rig.good, "stage", _raise(MemoryError()))
        with pytest.raises(MemoryError):
            rig.stage().step()
    assert (rig.lead.rows, rig.good.rows, rig.closed) == ((BAD,), (), 1)
    rig.broker.end = 5
    assert rig.stage("w2").step()
    assert rig.asked == [("quarantine", "good"), ("good",)]
    assert rig.good.recent()[0].position == Position({"t": [2]})


def test_an_announcement_is_plain_json() -> None:
    rig = Rig()
    rig.stage().step()
    assert rig.announced[1].to_json() == {
        "stage": "silver",
        "table": "good",
        "role": "out",
        "kinds": {},
        "start": {"t": [0]},
        "end": {"t": [2]},
        "read": {"t": [2]},
        "counts": {"t": [1]},
        "rows": 1,
        "snapshot_id": 2,
        "attempt": "w1/0",
        "appended_at_min": None,
        "appended_at_max": None,
        "planned_at": "2026-01-01T12:00:00+00:00",
        "published_at": "2026-01-01T12:00:00+00:00",
    }


def _raise(error: Exception) -> Callable[..., int]:
    def raising(*_arguments: Any) -> int:
        raise error

    return raising
