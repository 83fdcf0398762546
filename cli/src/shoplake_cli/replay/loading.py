"""Finds a mapping, by the name of one that comes with Shoplake or by the path of a file of one's own, and checks it."""

import os
from pathlib import Path

import yaml
from pydantic import ValidationError
from shoplake_contracts.errors import InvalidRequest, NotFound

from .built_in import file_of, names
from .mapping import Mapping
from .soundness import faults

FILE_SUFFIXES = (".yaml", ".yml")
FORMAT_PAGE = "docs/reference/replay-mappings.md describes the format."


def load(name_or_path: str) -> Mapping:
    """A mapping by its name, or from a file if the text ends in .yaml or .yml or has a path separator.

    Raises:
        NotFound: there is none of this name, or no such file.
        InvalidRequest: the file cannot be read or is no mapping.
    """
    own = name_or_path.endswith(FILE_SUFFIXES) or os.sep in name_or_path
    if not own and name_or_path not in names():
        raise NotFound(
            f"There is no mapping {name_or_path}.",
            remedy=f"Known mappings: {', '.join(names())}. A file of your own ends in .yaml.",
        )
    file = Path(name_or_path) if own else file_of(name_or_path)
    try:
        return parse(file.read_text(encoding="utf-8"), str(file))
    except FileNotFoundError as error:
        raise NotFound(
            f"There is no mapping file {file}.", remedy=f"Name a file that exists, or one of {', '.join(names())}."
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidRequest(f"{file} cannot be read: {error}", remedy="Name a text file in UTF-8.") from error


def parse(text: str, origin: str = "The mapping") -> Mapping:
    """A mapping from the text of its file.

    Args:
        text: YAML.
        origin: What the error calls it.

    Raises:
        InvalidRequest: it is not one; the sentence names each place.
    """
    try:
        mapping = Mapping.model_validate(yaml.safe_load(text))
    except yaml.YAMLError as error:
        raise _invalid(origin, [f"it is no YAML: {error}"]) from error
    except ValidationError as error:
        raise _invalid(origin, [_fault(one["loc"], one["msg"]) for one in error.errors()]) from error
    if found := faults(mapping):
        raise _invalid(origin, found)
    return mapping


def _invalid(origin: str, found: list[str]) -> InvalidRequest:
    lines = "".join(f"\n  {fault}" for fault in found)
    return InvalidRequest(f"{origin} is not valid:{lines}", remedy=f"Correct the named places; {FORMAT_PAGE}")


def _fault(place: tuple[str | int, ...], sentence: str) -> str:
    return f"{'.'.join(str(part) for part in place) or 'the file'}: {sentence}"
