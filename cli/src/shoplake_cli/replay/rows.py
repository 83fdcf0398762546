"""Reads a data file row by row, as text and as bytes; what is no row of it is handed on untouched."""

import csv
import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from shoplake_contracts.errors import InvalidRequest

from .mapping import BLANKS, Mapping

GZIP_MAGIC = b"\x1f\x8b"
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Row:
    """One row.

    Attributes:
        number: Line in the file, from 1.
        raw: Its bytes without the line's end.
        cells: Its fields, as many as there are columns; none if it has a fault.
        read: Bytes of the file read so far (compressed ones, if it is).
        fault: Why it is no row of the data set; None if it is one.
    """

    number: int
    raw: bytes
    cells: list[str]
    read: int
    fault: str | None = None


def read_rows(file: Path, mapping: Mapping) -> Iterator[Row]:
    """The rows of a text file, .gz or not, in order, in bounded memory; blank lines are no rows.

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
    width, delimiter = len(mapping.columns), mapping.file.delimiter
    for number, line in enumerate(lines, start=1):
        raw = line.rstrip(b"\r\n")
        if number == 1:
            raw = raw.removeprefix(BYTE_ORDER_MARK)
            if mapping.file.header:
                _check_header(raw, mapping)
                continue
        try:
            cells = _cells(raw, delimiter)
        except (UnicodeDecodeError, csv.Error) as error:
            yield Row(number, raw, [], stored.tell(), _why(error))
            continue
        if len(cells) == width:
            yield Row(number, raw, cells, stored.tell())
        elif cells:
            yield Row(number, raw, [], stored.tell(), f"fields: {len(cells)} where {width} belong")


def _cells(raw: bytes, delimiter: str) -> list[str]:
    """The fields of a line; none of a blank one."""
    if delimiter == BLANKS:
        return [cell.decode() for cell in raw.split()]
    return next(csv.reader([raw.decode()], delimiter=delimiter, strict=True))


def _why(error: Exception) -> str:
    return "it is no UTF-8" if isinstance(error, UnicodeDecodeError) else f"it is no CSV: {error}"


def _check_header(raw: bytes, mapping: Mapping) -> None:
    expected = [column.name for column in mapping.columns]
    delimiter = mapping.file.delimiter
    try:
        same = _cells(raw, delimiter) == expected
    except (UnicodeDecodeError, csv.Error):
        same = False
    if not same:
        raise InvalidRequest(
            f"The file's first line is not that of {mapping.name}.",
            remedy=f"It must be: {(' ' if delimiter == BLANKS else delimiter).join(expected)}",
        )
