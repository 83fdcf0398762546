"""Table contracts: what every Iceberg table holds, as it is created, filled and documented.

One file per table, `tables/<layer>.<name>.yaml`:

    name: silver.purchases            # <namespace>.<table>; equal to the file's name
    doc: one sentence
    owner: silver-process             # the service that writes it
    topic: purchases                  # the typed topic that feeds it; left out (null) where none does
    event_types: [purchase, refund]   # left out for a table that is not made of typed events
    key: [event_id]                   # columns that identify a row
    partitioning: ["days(timestamp)"] # Spark DDL transforms; [] for none
    freshness: 60 s                   # the age a reader may count on while the pipeline runs
    extends: [event, address]         # column groups of tables/groups/<group>.yaml, put before `columns` in this order
    columns:
      - {name: order_id, type: string, nullable: false, source: order_id, doc: The shop's order number}

A group file is `{doc, columns}`. A column's `type` is Spark DDL in lower case without blanks. `nullable` is true when
left out. `source` is the dotted path in the event's payload the column is read from; left out when it is derived. A
column of the table replaces a group's column of the same name, in the group's place.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from shoplake_contracts.data import ContractError, check_keys, documents, read_yaml, root

_REQUIRED = {"name", "doc", "owner", "key", "partitioning", "freshness", "columns"}
_OPTIONAL = frozenset({"topic", "event_types", "extends"})


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    Attributes:
        name: as in the table.
        type: Spark DDL, lower case.
        nullable: whether it may be NULL; a column with a source that may not be makes `missing_field` of a NULL.
        doc: its meaning.
        source: dotted path in the event's payload; None when derived.
    """

    name: str
    type: str
    nullable: bool
    doc: str
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """One table.

    Attributes:
        name: `<namespace>.<table>`, without the catalog.
        doc: what a row is.
        owner: the service that writes it.
        topic: the typed topic that feeds it, beside its share of `raw-events`; None where none does.
        event_types: the events it holds.
        columns: in the order of the created schema, which is the order of a transform's final select.
        partitioning: Spark DDL transforms.
        key: columns that identify a row.
        freshness: the age of its newest data a reader may count on.
    """

    name: str
    doc: str
    owner: str
    topic: str | None
    event_types: tuple[str, ...]
    columns: tuple[Column, ...]
    partitioning: tuple[str, ...]
    key: tuple[str, ...]
    freshness: str

    @property
    def layer(self) -> str:
        """The namespace: bronze, silver, gold or ops."""
        return self.name.partition(".")[0]

    @property
    def column_names(self) -> tuple[str, ...]:
        """The names of the columns in order."""
        return tuple(column.name for column in self.columns)


@cache
def load() -> Mapping[str, Table]:
    """Every table by name.

    Raises:
        ContractError: a file is malformed.
    """
    found = [_table(path, content) for path, content in documents("tables")]
    return MappingProxyType({table.name: table for table in found})


def _table(path: Path, content: dict[str, Any]) -> Table:
    check_keys(path, content, required=_REQUIRED, optional=_OPTIONAL)
    if path.stem != content["name"]:
        raise ContractError(f"{path}: the file's name and its table's, {content['name']}, differ")
    table = Table(
        name=content["name"],
        doc=content["doc"],
        owner=content["owner"],
        topic=content.get("topic"),
        event_types=tuple(content.get("event_types") or ()),
        columns=_columns(path, content),
        partitioning=tuple(content["partitioning"]),
        key=tuple(content["key"]),
        freshness=content["freshness"],
    )
    unknown = set(table.key) - set(table.column_names)
    if unknown:
        raise ContractError(f"{path}: key columns that do not exist: {sorted(unknown)}")
    return table


def _columns(path: Path, content: dict[str, Any]) -> tuple[Column, ...]:
    columns: dict[str, Column] = {}
    for group in content.get("extends") or ():
        group_path = root() / "tables" / "groups" / f"{group}.yaml"
        if not group_path.is_file():
            raise ContractError(f"{path}: there is no column group {group}")
        for column in _listed(group_path, read_yaml(group_path)["columns"]):
            if column.name in columns:
                raise ContractError(f"{path}: column {column.name} comes from two groups")
            columns[column.name] = column
    columns |= {column.name: column for column in _listed(path, content["columns"])}
    return tuple(columns.values())


def _listed(path: Path, listed: list[dict[str, Any]]) -> list[Column]:
    columns = [_column(path, entry) for entry in listed]
    if len({column.name for column in columns}) < len(columns):
        raise ContractError(f"{path}: a column is named twice")
    return columns


def _column(path: Path, entry: dict[str, Any]) -> Column:
    check_keys(path, entry, required={"name", "type", "doc"}, optional=frozenset({"nullable", "source"}))
    return Column(
        name=entry["name"],
        type=entry["type"],
        nullable=entry.get("nullable", True),
        doc=entry["doc"],
        source=entry.get("source"),
    )
