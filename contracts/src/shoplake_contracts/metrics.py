"""Metric contracts: the closed set of what services expose, each with its meaning and what to do about it.

`metrics.yaml` has `labels` (every label with its meaning and, where it is closed, its values), `buckets` (named bucket
lists) and `metrics`; see the file's head.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, get_args

from shoplake_contracts.data import ContractError, check_keys, read_yaml, root

MetricType = Literal["counter", "gauge", "histogram"]
_REQUIRED = {"name", "type", "labels", "unit", "doc", "action", "services"}


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric.

    Attributes:
        name: as scraped; a counter's name ends with `_total`.
        type: `counter`, `gauge` or `histogram`.
        labels: label names.
        unit: base unit.
        doc: its meaning.
        action: what to do when it looks wrong.
        buckets: a histogram's upper bounds, without +Inf; None otherwise.
        services: who exposes it.
    """

    name: str
    type: MetricType
    labels: tuple[str, ...]
    unit: str
    doc: str
    action: str
    buckets: tuple[float, ...] | None
    services: tuple[str, ...]


@cache
def load() -> Mapping[str, Metric]:
    """Every metric by name.

    Raises:
        ContractError: the file is malformed.
    """
    path, content = _content()
    listed = [_metric(path, entry, content["buckets"]) for entry in content["metrics"]]
    found = {metric.name: metric for metric in listed}
    if len(found) < len(listed):
        raise ContractError(f"{path}: a metric's name comes twice")
    return MappingProxyType(found)


@cache
def labels() -> Mapping[str, str]:
    """Every label that a metric may carry, with its meaning and where its closed set of values comes from."""
    _, content = _content()
    return MappingProxyType(dict(content["labels"]))


def _content() -> tuple[Path, dict[str, Any]]:
    path = root() / "metrics.yaml"
    content: dict[str, Any] = read_yaml(path)
    check_keys(path, content, required={"labels", "buckets", "metrics"})
    return path, content


def _metric(path: Path, entry: dict[str, Any], buckets: dict[str, list[float]]) -> Metric:
    check_keys(path, entry, required=_REQUIRED, optional=frozenset({"buckets"}))
    if entry["type"] not in get_args(MetricType):
        raise ContractError(f"{path}: {entry['name']} has the unknown type {entry['type']}")
    if (entry["type"] == "histogram") != ("buckets" in entry):
        raise ContractError(f"{path}: {entry['name']}: buckets belong to a histogram, and a histogram needs them")
    return Metric(
        name=entry["name"],
        type=entry["type"],
        labels=tuple(entry["labels"]),
        unit=entry["unit"],
        doc=entry["doc"],
        action=entry["action"],
        buckets=tuple(buckets[entry["buckets"]]) if "buckets" in entry else None,
        services=tuple(entry["services"]),
    )
