"""What a mapping file may say: how a data set's rows are read and which events they become.

The page for those who write one is docs/reference/replay-mappings.md.
"""

from datetime import UTC, datetime
from typing import Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

BLANKS = "blanks"
UNIX_SECONDS = "unix_seconds"
ISO_SECONDS = "%Y-%m-%dT%H:%M:%S"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FileForm(_Part):
    """How rows are written down."""

    delimiter: str = Field(
        ",", pattern=r'^([^"\r\n]|blanks)$', description="One character, or `blanks` for runs of spaces and tabs."
    )
    header: bool = True


class Column(_Part):
    """One column, in the order of the file."""

    name: str
    type: Literal["text", "integer", "money", "time"]
    optional: bool = Field(default=False, description="May be empty; it is null then.")
    strip_suffix: str | None = Field(None, description="Cut from the end where present.")
    format: str = Field(ISO_SECONDS, description="Of a time: as strptime has it, or `unix_seconds`.")
    zone: str = Field("UTC", description="Zone of a time that carries none.")

    @field_validator("format")
    @classmethod
    def _format_is_one(cls, form: str) -> str:
        if form != UNIX_SECONDS:
            some = datetime(2001, 2, 3, 4, 5, 6, tzinfo=UTC)
            datetime.strptime(some.strftime(form), form)  # noqa: DTZ007  # raises if strptime does not know the format
        return form

    @field_validator("zone")
    @classmethod
    def _zone_is_one(cls, zone: str) -> str:
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, OSError) as error:
            raise ValueError(f"there is no time zone {zone}") from error
        return zone


class Condition(_Part):
    """What must hold of a line's value; several hold together. An empty value is neither above nor below anything."""

    equals: str | None = None
    empty: bool | None = None
    starts_with: str | None = None
    starts_without: str | None = None
    below: int | None = None
    above: int | None = None
    at_least: int | None = None
    at_most: int | None = None


class Value(_Part):
    """Where a field's value comes from; exactly one of the sources is named.

    Attributes:
        column: Of the line; of a group's first line.
        sum: A column's, over all lines of the event.
        value: A constant.
        fields: An object with fields of its own.
        event_id: The event's own id, for orders that have no number.
        negate: The column or sum with the other sign.
    """

    column: str | None = None
    sum: str | None = None
    value: str | int | None = None
    fields: "dict[str, Value] | None" = None
    event_id: Literal[True] | None = None
    negate: bool = False

    @model_validator(mode="after")
    def _has_one_source(self) -> Self:
        if len(self.model_fields_set - {"negate"}) != 1:
            raise ValueError("name exactly one of column, sum, value, fields, event_id")
        return self


class Grouping(_Part):
    """Which lines belong together, and how long one waits for more of them."""

    by: tuple[str, ...] = Field(min_length=1)
    open_hours: float = Field(24, gt=0, description="Event time for which a group stays open after its first line.")
    most_lines: int = Field(200_000, ge=1, description="Lines held at most; beyond it the oldest group is closed.")


class Who(_Part):
    """The columns that say whose event it is; a row without a user is a guest, one per value of `guest`."""

    user: str
    guest: str | None = Field(None, description="Only needed where the user may be empty.")


class Rule(_Part):
    """Turns lines into events of one type: each line, or all of a group that fit, as items of one event."""

    event: str
    topic: str | None = Field(None, description="Where it goes; the typed topic of the event if absent.")
    each: Literal["line", "group"]
    group: Grouping | None = Field(None, description="Gathers this rule's lines, where not all lines are gathered.")
    when: dict[str, Condition] = Field(default_factory=dict)
    visitor: bool
    key: str | None = Field(None, description="Field that is the message key; the visitor if absent.")
    positive: str | None = Field(None, description="Sum that must be above 0 for the event to be one.")
    fields: dict[str, Value]
    items: dict[str, Value] | None = None


class Mapping(_Part):
    """One data set."""

    name: str = Field(min_length=1)
    file: FileForm = FileForm()
    columns: tuple[Column, ...] = Field(min_length=1)
    products: dict[str, tuple[str, str]] = Field(
        default_factory=dict, description="Per line: one column times another."
    )
    ratios: dict[str, tuple[str, str]] = Field(
        default_factory=dict, description="Per line: one column over another, to 4 decimals; null over 0."
    )
    time: str = Field(description="Column with the time of a line; a group's is that of its first line.")
    group: Grouping | None = Field(None, description="Gathers all lines, before any rule looks at them.")
    visitor: Who
    rules: tuple[Rule, ...] = Field(min_length=1)
