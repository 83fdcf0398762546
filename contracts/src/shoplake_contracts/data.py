"""Finds and reads the contract's data files, in a checkout and in the installed wheel alike."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml

_PACKAGE = Path(__file__).resolve().parent


class ContractError(ValueError):
    """A contract file is not well formed; the message names the file."""


@cache
def root() -> Path:
    """The folder that holds topics/, events/, examples/, tables/, rules/ and metrics.yaml.

    Raises:
        ContractError: neither the wheel's data nor a checkout's is there.
    """
    for folder in (_PACKAGE / "data", _PACKAGE.parents[1]):
        if (folder / "metrics.yaml").is_file():
            return folder
    raise ContractError(f"The contract's data files are not beside {_PACKAGE}: install the wheel or use a checkout.")


def read_yaml(path: Path) -> Any:
    """The content of one YAML file.

    Raises:
        ContractError: it is no YAML.
    """
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise ContractError(f"{path}: {error}") from error


def documents(folder: str) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Every YAML mapping directly under `folder`, in the order of file names.

    Raises:
        ContractError: a file is no mapping.
    """
    for path in sorted((root() / folder).glob("*.yaml")):
        content = read_yaml(path)
        if not isinstance(content, dict):
            raise ContractError(f"{path}: a mapping is expected")
        yield path, content


def check_keys(
    path: Path, content: dict[str, Any], *, required: set[str], optional: frozenset[str] = frozenset()
) -> None:
    """Refuse a mapping that lacks a key or has one nobody reads, so that a typo is never silently ignored.

    Raises:
        ContractError: naming the keys.
    """
    missing, unknown = required - content.keys(), content.keys() - required - optional
    if missing or unknown:
        raise ContractError(f"{path}: missing keys {sorted(missing)}, unknown keys {sorted(unknown)}")
