"""The places where a process can be told to die, as data: proofs draw from this list, docs are made of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from shoplake_contracts.data import ContractError, check_keys, read_yaml, root


@dataclass(frozen=True, slots=True)
class CrashPoint:
    """One place.

    Attributes:
        name: as in SHOPLAKE_CRASH_AT.
        service: whose process dies.
        meaning: what is done and what is not at that moment.
    """

    name: str
    service: str
    meaning: str


@cache
def load() -> Mapping[str, CrashPoint]:
    """Every crash point by name.

    Raises:
        ContractError: a point is not well formed or declared twice.
    """
    path = root() / "crash_points.yaml"
    points: dict[str, CrashPoint] = {}
    for content in read_yaml(path):
        check_keys(path, content, required={"name", "service", "meaning"})
        if content["name"] in points:
            raise ContractError(f"{path}: {content['name']} is declared twice")
        points[content["name"]] = CrashPoint(**content)
    return MappingProxyType(points)
