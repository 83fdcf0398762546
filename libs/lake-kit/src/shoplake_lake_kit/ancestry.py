"""Finds stamps along a table's ancestors, also after old snapshots have expired, whoever reads the table.

Expiry takes away all ancestors before some snapshot. Before it does, it tags two things: the oldest ancestor that it
keeps (`shoplake-history`), and for every writer group the newest stamp before it (`shoplake-stamp-<group>`). A walk
that has met the tagged snapshot and ends at an expired parent goes on with the tags. So it finds for every group
exactly what the whole chain would have said, also after a rollback to any ancestor that was kept.

A chain that ends elsewhere was cut by something else, and what lay behind the end is not known: nobody guesses.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from shoplake_contracts.errors import StampMissing

from shoplake_lake_kit.stamp import Stamp, from_properties

HISTORY_TAG = "shoplake-history"
STAMP_TAG_PREFIX = "shoplake-stamp-"
_POSITION, _GROUP = "shoplake.position", "shoplake.group"


def stamp_tag(group: str) -> str:
    """The tag that keeps a writer group's newest stamp before the oldest ancestor kept."""
    return f"{STAMP_TAG_PREFIX}{group}"


@dataclass(frozen=True, slots=True)
class Ancestor:
    """One snapshot as a walk sees it; `properties` may be read lazily."""

    id: int
    parent: int | None
    properties: Mapping[str, str]

    @property
    def group(self) -> str | None:
        """The writer group whose stamp it carries; None without a stamp."""
        if self.properties.get(_POSITION) is None:
            return None
        return self.properties.get(_GROUP) or ""

    @property
    def is_first(self) -> bool:
        """Whether it is the table's first commit: without a parent, and all files of the table are its own.

        PyIceberg's expiry takes the parent out of the oldest snapshot it leaves; the files give it away.
        """
        total, added = (int(self.properties.get(name) or 0) for name in ("total-data-files", "added-data-files"))
        return self.parent is None and total == added

    def stamp(self) -> Stamp:
        """The stamp it carries.

        Raises:
            StampMissing: It carries none, or one that cannot be read.
        """
        stamp = from_properties(dict(self.properties))
        if stamp is None:
            raise StampMissing(f"snapshot {self.id} carries no stamp")
        return stamp


@dataclass(frozen=True, slots=True)
class Tags:
    """What expiry left behind: the oldest ancestor it kept, and the stamped snapshots before it, by group."""

    history: int | None = None
    stamps: Mapping[str, Ancestor] = field(default_factory=dict)


class Lineage:
    """One walk from a snapshot back through its ancestors, newest first."""

    def __init__(self, ancestors: Iterable[Ancestor], tags: Callable[[], Tags]) -> None:
        self._ancestors = ancestors
        self._tags = tags
        self.known = False
        """Whether everything back to the table's first commit is accounted for; says so once the walk has ended."""

    def stamped(self) -> Iterator[Ancestor]:
        """The ancestors that carry a stamp; at an expired parent the tagged ones of groups that were not met."""
        met: set[str] = set()
        walked: set[int] = set()
        oldest: Ancestor | None = None
        for ancestor in self._ancestors:
            walked.add(ancestor.id)
            oldest = ancestor
            group = ancestor.group
            if group is not None:
                met.add(group)
                yield ancestor
        tags = self._tags()
        if tags.history in walked:
            self.known = True
            yield from (kept for group, kept in tags.stamps.items() if group not in met)
        else:
            self.known = oldest is None or oldest.is_first


def newest_stamp(ancestors: Iterable[Ancestor], group: str, tags: Callable[[], Tags]) -> Stamp | None:
    """A writer group's newest stamp, None if it never published here.

    Raises:
        StampMissing: The stamp cannot be read, or the history that may have held it was not expired by maintenance.
    """
    lineage = Lineage(ancestors, tags)
    for ancestor in lineage.stamped():
        if ancestor.group == group:
            return ancestor.stamp()
    if not lineage.known:
        raise StampMissing(
            f"no stamp of writer group {group} is left, and the history before the oldest snapshot was not expired by "
            "Shoplake's maintenance"
        )
    return None


def required_stamp(
    name: str, ancestors: Callable[[], Iterable[Ancestor]], group: str, tags: Callable[[], Tags]
) -> Stamp | None:
    """A writer group's newest stamp, or None for a table to which the group has never published.

    Args:
        name: The table's, for the message.
        ancestors: Walks the current snapshot and its ancestors anew, newest first.
        group: The writer group.
        tags: What maintenance left behind; asked only where the walk needs it.

    Raises:
        StampMissing: The table has rows and no stamp of any group says what they are; or the group's own is gone.
    """
    try:
        stamp = newest_stamp(ancestors(), group, tags)
    except StampMissing as error:
        raise StampMissing(f"{name}: {error.message}") from error
    current = next(iter(ancestors()), None)
    has_rows = current is not None and int(current.properties.get("total-records") or 0) > 0
    if stamp is None and has_rows and next(Lineage(ancestors(), tags).stamped(), None) is None:
        raise StampMissing(f"{name} has rows but no stamp of writer group {group} or any other")
    return stamp
