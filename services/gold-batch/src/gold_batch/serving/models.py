"""What gold can be asked over HTTP, and what it answers."""

import hashlib
import json
from enum import StrEnum
from typing import Any, NamedTuple, Self

from pydantic import BaseModel, Field
from shoplake_contracts.errors import InvalidRequest
from shoplake_service_kit import cursor
from shoplake_service_kit.job import Config

DAY = r"\d{4}-\d{2}-\d{2}"


class Format(StrEnum):
    """How rows are sent."""

    JSON = "json"
    CSV = "csv"
    ARROW = "arrow"


class Question(Config):
    """Which rows of a table; all conditions hold together."""

    date: str | None = Field(
        None, pattern=f"^{DAY}(\\.\\.{DAY})?$", description="One day, or FIRST..LAST; every day if absent"
    )
    columns: str | None = Field(None, description="Columns by comma, in this order; all if absent")
    filter: tuple[str, ...] = Field(
        (),
        max_length=20,
        description="column:operator:value, as often as needed. Operators: eq, ne, lt, lte, gt, gte, in (values by "
        "comma), null (yes or no). No other operator is ever true of a NULL.",
    )
    sort: str | None = Field(
        None, description="Columns by comma, each with - in front for the largest first; NULLs come last"
    )
    limit: int = Field(100, ge=1, le=10_000, description="Most rows of a page")
    cursor: str | None = Field(None, max_length=200, description="`next` of the page before, with the same question")
    format: Format = Field(Format.JSON, description="json, csv or arrow (an IPC stream)")

    def fingerprint(self) -> str:
        """The same for every page of the same rows in the same order."""
        asked = [self.date, self.columns, self.filter, self.sort]
        return hashlib.sha256(json.dumps(asked).encode()).hexdigest()[:16]


class Cursor(NamedTuple):
    """Where a page ended: how many rows of which snapshot, for which question."""

    snapshot_id: int
    rows: int
    question: str

    def encode(self) -> str:
        """As one word for a URL."""
        return cursor.encode(self)

    @classmethod
    def decode(cls, text: str, question: str) -> Self:
        """Read what `encode` wrote.

        Raises:
            InvalidRequest: it is something else, or belongs to another question.
        """
        try:
            snapshot_id, rows, asked = cursor.decode(text)
            place = cls(int(snapshot_id), max(int(rows), 0), str(asked))
        except (ValueError, TypeError) as error:
            raise cursor.not_of_this() from error
        if place.question != question:
            raise InvalidRequest(
                "The cursor belongs to another question.",
                remedy="Pass on `next` with the same date, columns, filter and sort.",
            )
        return place


class ColumnView(BaseModel):
    """One column."""

    name: str = Field(description="Its name.")
    type: str = Field(description="Its type, as Spark writes it.")
    doc: str = Field(description="What it means.")


class TableView(BaseModel):
    """One gold table."""

    name: str = Field(description="Its name in URLs: without `gold.`.")
    doc: str = Field(description="What a row is.")
    key: list[str] = Field(description="The columns that identify a row.")
    columns: list[ColumnView] = Field(description="In the order of the table.")
    snapshot_id: int | None = Field(description="The newest snapshot; null before the first publish.")
    position: dict[str, Any] | None = Field(description="The silver position that it was computed from.")
    rows: int | None = Field(description="How many rows it has.")


class TableList(BaseModel):
    """The gold tables."""

    tables: list[TableView] = Field(description="In the order in which they are published.")


class RowPage(BaseModel):
    """Rows of one snapshot of one table; decimals are strings, so that none loses a digit."""

    table: str = Field(description="Its name.")
    snapshot_id: int = Field(description="The snapshot that the rows are of; the same on every page.")
    position: dict[str, Any] | None = Field(description="The silver position that it was computed from.")
    rows: list[dict[str, Any]] = Field(description="The rows.")
    next: str | None = Field(description="Cursor of the next page; null on the last one.")
