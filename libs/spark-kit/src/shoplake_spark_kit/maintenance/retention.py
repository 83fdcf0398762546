"""Decides which snapshots may go: a pure function of a table's history, the rules and the clock."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shoplake_contracts.errors import StampMissing
from shoplake_lake_kit.ancestry import HISTORY_TAG, STAMP_TAG_PREFIX, Lineage, stamp_tag

from shoplake_spark_kit.maintenance.history import History, Snapshot
from shoplake_spark_kit.publish import KEEP_STAGED


@dataclass(frozen=True, slots=True)
class Keep:
    """How much of a table's past stays.

    Attributes:
        last: The newest so many published snapshots.
        age: And those that were the newest one less than this long ago: a query that reads one may still be under way.
        unseen: Says how many of the newest another stage has yet to look at; they stay as well.
    """

    last: int = 100
    age: timedelta = timedelta(minutes=10)
    unseen: Callable[[Sequence[Snapshot]], int] = lambda _ancestors: 0


@dataclass(frozen=True)
class Retention:
    """What stays and what goes.

    Attributes:
        tags: Reference names to snapshots, as they must be before anything is expired.
        stale: Names of our tags that no longer hold.
        published: Ancestors of the current snapshot to expire.
        staged: Snapshots to expire that are nobody's ancestor.
        kept: Why the others stay, with their number.
    """

    tags: Mapping[str, int]
    stale: frozenset[str]
    published: tuple[int, ...]
    staged: tuple[int, ...]
    kept: Mapping[str, int]


def retain(history: History, keep: Keep, now: datetime) -> Retention:
    """Which snapshots of a table go.

    The past is cut at one place: nothing newer than the cut goes, so that a walk never meets a hole.

    Raises:
        StampMissing: A writer group's newest stamp cannot be told, because something else has expired its history.
    """
    ancestors = list(history.ancestors())
    length = _kept_length(ancestors, keep, now)
    others = _held_by_others(history)
    tags = _present(history)
    published: tuple[int, ...] = ()
    # An earlier cut that lies within what is to be kept stays: what its tags replaced is not known any more.
    if length < len(ancestors) and history.tags().history not in _ids(ancestors[: length - 1]):
        wanted = _tags(history, ancestors[:length], ancestors[length:])
        published = tuple(_ids(ancestors[length:]) - set(wanted.values()) - others)
        tags = wanted if published else tags
    unpublished = [snapshot for snapshot in history.snapshots.values() if snapshot.id not in _ids(ancestors)]
    held = {*tags.values(), *others}
    staged = _spent([snapshot for snapshot in unpublished if snapshot.id not in held], ancestors, keep, now)
    gone = {*published, *staged}
    reasons = Counter(
        _reason(snapshot, ancestors=_ids(ancestors[:length]), tagged=set(tags.values()), others=others)
        for snapshot in history.snapshots.values()
        if snapshot.id not in gone
    )
    return Retention(tags, frozenset(_present(history).keys() - tags.keys()), published, staged, dict(reasons))


def _kept_length(ancestors: list[Snapshot], keep: Keep, now: datetime) -> int:
    length = max(keep.last, keep.unseen(ancestors), 1)
    # An ancestor was the newest snapshot until its child came.
    while length < len(ancestors) and ancestors[length - 1].at > now - keep.age:
        length += 1
    return min(length, len(ancestors))


def _tags(history: History, kept: list[Snapshot], old: list[Snapshot]) -> dict[str, int]:
    """The oldest ancestor that stays, and every group's newest stamp before it."""
    lineage = Lineage((snapshot.ancestor for snapshot in [*kept, *old]), history.tags)
    stamped = list(lineage.stamped())
    unknown = sorted(history.tags().stamps.keys() - {ancestor.group for ancestor in stamped})
    if not lineage.known and unknown:
        raise StampMissing(f"the newest stamps of {unknown} cannot be told: something else has expired their history")
    recent = _ids(kept)
    before = [ancestor for ancestor in stamped if ancestor.id not in recent]
    # From the oldest on, so that of a group's stamps the newest is the one that stays in the dictionary.
    newest = {stamp_tag(ancestor.group or ""): ancestor.id for ancestor in reversed(before)}
    earlier = history.tags()
    is_true = earlier.history in _ids([*kept, *old])
    still = {stamp_tag(group): ancestor.id for group, ancestor in earlier.stamps.items()} if is_true else {}
    return {**still, **newest, HISTORY_TAG: kept[-1].id}


def _present(history: History) -> dict[str, int]:
    ours = (HISTORY_TAG, STAMP_TAG_PREFIX)
    return {name: number for name, number in history.refs.items() if name.startswith(ours)}


def _held_by_others(history: History) -> set[int]:
    """Snapshots that somebody else's branches and tags hold."""
    held: set[int] = set()
    for name in history.refs.keys() - _present(history).keys():
        number = history.refs[name]
        held |= _ids(history.ancestors(number)) if name in history.branches else {number}
    return held


def _spent(unpublished: list[Snapshot], ancestors: list[Snapshot], keep: Keep, now: datetime) -> tuple[int, ...]:
    """Those that nobody can publish any more: they were published, or are older than a publish may be."""
    attempts = {snapshot.properties.get("shoplake.attempt") for snapshot in ancestors} - {None}

    def is_spent(snapshot: Snapshot) -> bool:
        age = now - snapshot.at
        return age > KEEP_STAGED or (age > keep.age and snapshot.attempt in attempts)

    return tuple(snapshot.id for snapshot in unpublished if is_spent(snapshot))


def _reason(snapshot: Snapshot, *, ancestors: set[int], tagged: set[int], others: set[int]) -> str:
    if snapshot.id in ancestors:
        return "recent"
    if snapshot.id in tagged:
        return "tagged"
    return "held_by_other_references" if snapshot.id in others else "staged"


def _ids(snapshots: Iterable[Snapshot]) -> set[int]:
    return {snapshot.id for snapshot in snapshots}
