"""Reads the stamps of every table with PyIceberg: no JVM, no scan, only metadata."""

from collections.abc import Mapping, Sequence
from itertools import islice

from pyiceberg.catalog import Catalog
from shoplake_lake_kit.reader import find_table, open_catalog, stamps
from shoplake_lake_kit.settings import LakeSettings
from shoplake_lake_kit.stage_tables import BRONZE
from shoplake_lake_kit.stamp import Stamp
from shoplake_lake_kit.writer_groups import merged

# A table can be ahead of the slowest by the box in hand; a few stamps more are read so that nothing depends on it.
HISTORY = 5


class Tables:
    """The newest stamps of tables, read anew at each call."""

    def __init__(self, lake: LakeSettings, group: str) -> None:
        self._lake = lake
        self._group = group
        self._catalog: Catalog | None = None

    def newest(self, names: Sequence[str]) -> Mapping[str, tuple[Stamp, ...]]:
        """Table name to its newest stamps, newest first; empty for a table not there yet.

        Those of the writer group; of bronze one, for what all of its groups say together.
        """
        return {name: self._shared(name) if name in BRONZE else self._stamps(name, self._group) for name in names}

    def _shared(self, name: str) -> tuple[Stamp, ...]:
        newest = merged(next(iter(self._stamps(name, group)), None) for group in self._lake.bronze_groups)
        return (newest,) if newest else ()

    def _stamps(self, name: str, group: str) -> tuple[Stamp, ...]:
        if self._catalog is None:
            self._catalog = open_catalog(self._lake)
        table = find_table(self._catalog, name)
        if table is None:
            return ()
        mine = (stamp for _, stamp in stamps(table) if stamp.group == group)
        return tuple(islice(mine, HISTORY))
