"""Reads a data file row by row, as text and as bytes; what is no row of it is handed on untouched."""

import csv
import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from shoplake_contracts.errors import InvalidRequest

from .mapping import Mapping

GZIP_MAGIC = b"\x1f\x8b"
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Row:
    """One row.

    Attributes:
        number: Line in the file, from 1.
        raw: Its bytes without the line's end.
        cells: Its fields; None if it does not have as many as there are columns, or cannot be read.
        read: Bytes of the file read so far (compressed ones, if it is).
    """

    number: int
    raw: bytes
    cells: list[str] | None
    read: int


def read_rows(file: Path, mapping: Mapping) -> Iterator[Row]:
    """The rows of a .csv or .csv.gz, in order, in bounded memory; blank lines are no rows.

    A row is one line: an unpaired quote spoils its own row and no other.

    Raises:
        InvalidRequest: there is no such file, it is not this data set, or its compression is damaged.
    """
    try:
        with file.open("rb") as stored:
            yield from _rows(stored, _opened(stored), mapping)
    except OSError as error:
        raise InvalidRequest(
            f"{file} cannot be read: {error}", remedy="Name a file that exists and is whole."
        ) from error
    except (EOFError, zlib.error) as error:
        raise InvalidRequest(
            f"{file} is damaged: {error} Only what was complete before that was sent.",
            remedy="Replay the whole file: it sends the same ids, so nothing is doubled.",
        ) from error


def _opened(stored: IO[bytes]) -> IO[bytes]:
    compressed = stored.read(len(GZIP_MAGIC)) == GZIP_MAGIC
    stored.seek(0)
    return cast("IO[bytes]", gzip.open(stored)) if compressed else stored


def _rows(stored: IO[bytes], lines: IO[bytes], mapping: Mapping) -> Iterator[Row]:
    width = len(mapping.columns)
    for number, line in enumerate(lines, start=1):
        raw = line.rstrip(b"\r\n")
        if number == 1:
            raw = raw.removeprefix(BYTE_ORDER_MARK)
            if mapping.file.header:
                _check_header(raw, mapping)
                continue
        if raw:
            cells = _cells(raw, mapping.file.delimiter)
            yield Row(number, raw, cells if cells and len(cells) == width else None, stored.tell())


def _cells(raw: bytes, delimiter: str) -> list[str] | None:
    try:
        return next(csv.reader([raw.decode()], delimiter=delimiter, strict=True))
    except (UnicodeDecodeError, csv.Error, StopIteration):
        return None


def _check_header(raw: bytes, mapping: Mapping) -> None:
    expected = [column.name for column in mapping.columns]
    if _cells(raw, mapping.file.delimiter) != expected:
        raise InvalidRequest(
            f"The file's first line is not that of {mapping.name}.",
            remedy=f"It must be: {mapping.file.delimiter.join(expected)}",
        )
