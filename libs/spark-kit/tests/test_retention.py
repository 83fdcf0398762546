"""What stays and what goes, decided from plain histories: no JVM."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from shoplake_contracts.errors import StampMissing
from shoplake_spark_kit.maintenance.history import History, Snapshot, parse_history
from shoplake_spark_kit.maintenance.retention import Keep, Retention, retain

NOW = datetime(2026, 1, 2, 12, tzinfo=UTC)
SOON = Keep(last=2, age=timedelta(0))


def stamped(group: str, attempt: str = "") -> Mapping[str, str]:
    return {"shoplake.position": "{}", "shoplake.group": group, "shoplake.attempt": attempt}


def history(
    groups: Sequence[str | None],
    *,
    first: int = 1,
    refs: Mapping[str, int] | None = None,
    others: Sequence[Snapshot] = (),
    branches: frozenset[str] = frozenset(),
) -> History:
    """A chain with one commit a minute, the newest a minute old; a number is a snapshot's id."""
    numbers = range(first, first + len(groups))
    chain = [
        Snapshot(
            number,
            number - 1 if number > 1 else None,
            NOW - timedelta(minutes=numbers.stop - number),
            stamped(group, f"a{number}") if group else {},
        )
        for number, group in zip(numbers, groups, strict=True)
    ]
    return History(numbers[-1], {snapshot.id: snapshot for snapshot in [*others, *chain]}, refs or {}, branches)


def staged(number: int, minutes: int, attempt: str) -> Snapshot:
    return Snapshot(number, None, NOW - timedelta(minutes=minutes), {"wap.id": attempt})


def told(decided: Retention) -> tuple[Mapping[str, int], set[int], set[int]]:
    return decided.tags, set(decided.published), set(decided.staged)


def test_a_short_history_stays_whole() -> None:
    assert told(retain(history(["main"] * 3), Keep(), NOW)) == ({}, set(), set())


def test_the_newest_stamp_before_the_cut_is_tagged_for_every_group() -> None:
    decided = retain(history(["other", "main", "main", "main", None, None]), SOON, NOW)
    tags = {"shoplake-history": 5, "shoplake-stamp-main": 4, "shoplake-stamp-other": 1}
    assert told(decided) == (tags, {2, 3}, set())
    assert decided.kept == {"recent": 2, "tagged": 2}


def test_a_snapshot_stays_for_a_while_after_it_was_the_newest() -> None:
    ten_minutes = Keep(last=1, age=timedelta(minutes=10, seconds=30))
    assert set(retain(history(["main"] * 30), ten_minutes, NOW).published) == set(range(1, 19))


def test_an_idle_table_keeps_the_snapshot_that_was_replaced_just_now() -> None:
    idle = History(2, {1: Snapshot(1, None, NOW - timedelta(days=9), {}), 2: Snapshot(2, 1, NOW, {})}, {})
    assert retain(idle, Keep(last=1), NOW).published == ()


def test_what_another_stage_has_not_seen_stays() -> None:
    keep = Keep(last=1, age=timedelta(0), unseen=lambda ancestors: [one.id for one in ancestors].index(4) + 1)
    assert set(retain(history(["main"] * 8), keep, NOW).published) == {1, 2}


def test_a_second_run_moves_the_tags_and_keeps_those_of_idle_groups() -> None:
    tags = {"shoplake-history": 5, "shoplake-stamp-main": 4, "shoplake-stamp-other": 1}
    tagged = [
        Snapshot(1, None, NOW - timedelta(days=1), stamped("other")),
        Snapshot(4, 3, NOW - timedelta(days=1), stamped("main")),
    ]
    decided = retain(history(["main"] * 6, first=5, refs=tags, others=tagged), SOON, NOW)
    assert decided.tags == {"shoplake-history": 9, "shoplake-stamp-main": 8, "shoplake-stamp-other": 1}
    assert (set(decided.published), decided.staged) == ({4, 5, 6, 7}, ())


def test_tags_set_by_a_run_that_died_before_it_expired_are_used_again() -> None:
    tags = {"shoplake-history": 5, "shoplake-stamp-main": 4, "shoplake-stamp-other": 1}
    died = history(["other", "main", "main", "main", None, None], refs=tags)
    assert told(retain(died, SOON, NOW)) == (tags, {2, 3}, set())


def test_a_cut_is_not_taken_back_when_more_is_to_be_kept() -> None:
    tags = {"shoplake-history": 7, "shoplake-stamp-main": 6}
    assert told(retain(history(["main"] * 8, refs=tags), Keep(last=4, age=timedelta(0)), NOW)) == (tags, set(), set())


def test_after_a_rollback_that_undid_a_group_its_tag_is_dropped() -> None:
    undone = Snapshot(9, 3, NOW - timedelta(minutes=1), stamped("other", "a9"))
    tags = {"shoplake-history": 9, "shoplake-stamp-other": 9}
    decided = retain(history(["main"] * 5, refs=tags, others=[undone]), SOON, NOW)
    assert decided.tags == {"shoplake-history": 4, "shoplake-stamp-main": 3}
    assert decided.stale == {"shoplake-stamp-other"}


def test_a_history_that_something_else_cut_is_left_alone_if_a_group_is_lost() -> None:
    tags = {"shoplake-history": 2, "shoplake-stamp-other": 1}
    lost = {number: Snapshot(number, number - 1, NOW - timedelta(days=1), stamped("other")) for number in (1, 2)}
    cut = history(["main"] * 5, first=7, refs=tags, others=list(lost.values()))
    with pytest.raises(StampMissing, match="other"):
        retain(cut, SOON, NOW)


def test_staged_snapshots_go_when_nobody_can_publish_them_any_more() -> None:
    beside = [
        staged(21, 5, "young"),
        staged(22, 59, "may-still-be-published"),
        staged(23, 61, "given-up"),
        staged(24, 11, "a2"),
        staged(25, 9, "a3"),
    ]
    decided = retain(history(["main"] * 3, others=beside), Keep(), NOW)
    assert set(decided.staged) == {23, 24}
    assert decided.kept == {"recent": 3, "staged": 3}


def test_branches_and_tags_of_others_are_not_touched() -> None:
    branch = [Snapshot(40, 2, NOW - timedelta(days=9), {}), Snapshot(41, 40, NOW - timedelta(days=9), {})]
    held = history(["main"] * 6, refs={"audit": 41, "release": 3}, others=branch, branches=frozenset({"audit"}))
    decided = retain(held, Keep(last=1, age=timedelta(0)), NOW)
    assert (set(decided.published), decided.staged) == ({4}, ())
    assert decided.tags == {"shoplake-history": 6, "shoplake-stamp-main": 5}
    assert decided.kept == {"recent": 1, "tagged": 1, "held_by_other_references": 5}


def test_a_metadata_document_is_read() -> None:
    parsed = parse_history(
        {
            "current-snapshot-id": 2,
            "snapshots": [
                {"snapshot-id": 1, "timestamp-ms": 1_000, "summary": {"wap.id": "w"}},
                {"snapshot-id": 2, "parent-snapshot-id": 1, "timestamp-ms": 2_000},
            ],
            "refs": {
                "main": {"snapshot-id": 2, "type": "branch"},
                "shoplake-history": {"snapshot-id": 1, "type": "tag"},
            },
        }
    )
    assert ([one.id for one in parsed.ancestors()], parsed.snapshots[1].attempt) == ([2, 1], "w")
    assert (parsed.tags().history, parsed.branches) == (1, frozenset())
