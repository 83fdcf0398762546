"""The columns that a table reads from a payload, and the types under which they are read."""

import re
from typing import NamedTuple

from shoplake_contracts.tables import Table

from silver_process.casts import is_number

JSON_TEXT = frozenset({"metadata"})  # kept as JSON, so an object is what it should be
_FIELD = re.compile(r"(\w+):\s*(\w+(?:\([\d,]+\))?)")


class Leaf(NamedTuple):
    """A contract column read from the payload's member of the same name; `fields` when it is an array or struct."""

    name: str
    type: str
    nullable: bool
    fields: tuple[tuple[str, str], ...]

    @property
    def json(self) -> str:
        """The type under which `from_json` reads it: text, except numbers (see casts)."""
        return self._shaped([(name, _read_as(type_)) for name, type_ in self.fields], _read_as(self.type))

    @property
    def texts(self) -> tuple[str, ...]:
        """The fields inside it that are texts."""
        return tuple(name for name, type_ in self.fields if type_ == "string")

    @property
    def kinds(self) -> str | None:
        """The type under which it is read again to see what its texts are in the payload; None where it has none."""
        if self.type != "string" and not self.texts:
            return None
        return self._shaped([(name, "variant") for name in self.texts], "variant")

    @property
    def is_array(self) -> bool:
        """An array of structs, as `items`."""
        return self.type.startswith("array<")

    @property
    def text(self) -> str:
        """The column that has it as it came."""
        return f"_t_{self.name}"

    def _shaped(self, inside: list[tuple[str, str]], plain: str) -> str:
        if not self.fields:
            return plain
        struct = f"struct<{','.join(f'`{name}`:{type_}' for name, type_ in inside)}>"
        return f"array<{struct}>" if self.is_array else struct


def _read_as(type_: str) -> str:
    return "variant" if is_number(type_) else "string"


def leaves(table: Table) -> tuple[Leaf, ...]:
    """The columns of a table that have a source in the payload, and the two that say what it is.

    Raises:
        ValueError: a source is not a member of the payload's top level under the column's name.
    """
    sourced = [column for column in table.columns if column.source is not None]
    for column in sourced:
        if column.source != column.name:
            raise ValueError(f"{table.name}.{column.name} has the source {column.source}: only members of its own name")
    found = {c.name: Leaf(c.name, c.type, c.nullable, tuple(_FIELD.findall(c.type))) for c in sourced}
    # Routing answers for a missing type; a missing version is 1.
    found["event_type"] = Leaf("event_type", "string", nullable=True, fields=())
    found["event_version"] = Leaf("event_version", "int", nullable=True, fields=())
    return tuple(found.values())
