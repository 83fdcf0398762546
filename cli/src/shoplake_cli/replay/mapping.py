"""What a mapping file may say: how a data set's rows are read and which events they become. Checked on loading."""

from collections.abc import Mapping as Map
from importlib.resources import files
from pathlib import Path
from typing import Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from shoplake_contracts.errors import InvalidRequest, NotFound


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FileForm(_Part):
    """How rows are written down."""

    delimiter: str = Field(",", min_length=1, max_length=1)
    header: bool = True


class Column(_Part):
    """One column, in the order of the file."""

    name: str
    type: Literal["text", "integer", "money", "time"]
    optional: bool = Field(default=False, description="May be empty; it is null then.")
    strip_suffix: str | None = Field(None, description="Cut from the end where present.")
    format: str | None = Field(None, description="strptime format of a time.")
    zone: str = Field("UTC", description="Zone of a time that carries none.")


class Condition(_Part):
    """What must hold of a line's value; several hold together."""

    below: int | None = None
    above: int | None = None
    at_most: int | None = None
    starts_with: str | None = None
    starts_without: str | None = None


class Value(_Part):
    """Where a field's value comes from: a column, a sum over the group's lines, a constant, or fields of its own."""

    column: str | None = None
    sum: str | None = None
    value: str | int | None = None
    fields: "dict[str, Value] | None" = None
    negate: bool = False


class Grouping(_Part):
    """Which lines belong together, and how long one waits for more of them."""

    by: tuple[str, ...] = Field(min_length=1)
    time: str
    open_hours: float = Field(24, gt=0, description="Event time for which a group stays open after its first line.")
    most_lines: int = Field(200_000, ge=1, description="Lines held at most; beyond it the oldest group is closed.")


class Who(_Part):
    """The columns that say whose event it is; a row without a user is a guest, one per value of `guest`."""

    user: str
    guest: str


class Rule(_Part):
    """Turns lines into events of one type: each line, or all of a group that fit, as items of one event."""

    event: str
    topic: str | None = Field(None, description="Where it goes; the typed topic of the event if absent.")
    each: Literal["line", "group"]
    when: dict[str, Condition] = Field(default_factory=dict)
    visitor: bool
    key: str | None = Field(None, description="Field that is the message key; the visitor if absent.")
    positive: str | None = Field(None, description="Sum that must be above 0 for the event to be one.")
    fields: dict[str, Value]
    items: dict[str, Value] | None = None


class Mapping(_Part):
    """One data set."""

    name: str
    file: FileForm = FileForm()
    columns: tuple[Column, ...] = Field(min_length=1)
    products: dict[str, tuple[str, str]] = Field(
        default_factory=dict, description="Per line: one column times another."
    )
    group: Grouping
    visitor: Who
    rules: tuple[Rule, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _names_are_known(self) -> Self:
        known = {column.name for column in self.columns} | self.products.keys()
        used = {self.group.time, self.visitor.user, self.visitor.guest, *self.group.by}
        used |= {name for pair in self.products.values() for name in pair}
        for rule in self.rules:
            used |= rule.when.keys() | _columns_of(rule.fields) | _columns_of(rule.items or {})
        if used - known:
            raise ValueError(f"no such columns: {', '.join(sorted(used - known))}")
        return self


def _columns_of(fields: Map[str, Value]) -> set[str]:
    found: set[str] = set()
    for value in fields.values():
        found |= {name for name in (value.column, value.sum) if name} | _columns_of(value.fields or {})
    return found


def names() -> tuple[str, ...]:
    """The mappings that come with Shoplake."""
    return tuple(
        sorted(entry.name.removesuffix(".yaml") for entry in _home().iterdir() if entry.name.endswith(".yaml"))
    )


def load(name: str) -> Mapping:
    """A mapping that comes with Shoplake, by name.

    Raises:
        NotFound: there is none of this name.
    """
    if name not in names():
        raise NotFound(f"There is no mapping {name}.", remedy=f"Known mappings: {', '.join(names())}.")
    return parse((_home() / f"{name}.yaml").read_text(encoding="utf-8"))


def parse(text: str) -> Mapping:
    """A mapping from the text of its file.

    Raises:
        InvalidRequest: it is not one; the sentence names the place.
    """
    try:
        return Mapping.model_validate(yaml.safe_load(text))
    except (yaml.YAMLError, ValidationError) as error:
        raise InvalidRequest(f"The mapping is not valid: {error}", remedy="Correct the named place.") from error


def _home() -> Path:
    return Path(str(files("shoplake_cli.replay") / "mappings"))
