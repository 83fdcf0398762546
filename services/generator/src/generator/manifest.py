"""The truth about a run, told on `generator-manifest`: what was asked for, each fault, and what must come of it all."""

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from shoplake_service_kit.event_publisher import Message

from .defects.planting import Planted
from .run import Address
from .settings import GeneratorConfig

TOPIC = "generator-manifest"
FAULTS_PER_RECORD = 1_000


def started(run_id: str, at: str, seed: int, config: GeneratorConfig) -> Message:
    """The record at the beginning of a run."""
    return _record(run_id, "run_started", at, {"seed": seed, "config": config.model_dump(mode="json")})


def planted(run_id: str, at: str, faults: Iterable[tuple[Address, Planted]]) -> Iterator[Message]:
    """Records of faults that are in Kafka: each with its address, and where it must end."""
    rest = iter(faults)
    while portion := [_fault(address, fault) for address, fault in islice(rest, FAULTS_PER_RECORD)]:
        yield _record(run_id, "planted", at, {"planted": portion})


def ended(run_id: str, at: str, figures: Mapping[str, Any], expected: Mapping[str, Any]) -> Message:
    """The record at its end, however it ended."""
    return _record(run_id, "run_ended", at, {**figures, "expected": dict(expected)})


def _fault(address: Address, fault: Planted) -> dict[str, Any]:
    return address._asdict() | fault._asdict()


def _record(run_id: str, kind: str, at: str, figures: Mapping[str, Any]) -> Message:
    value = {"kind": kind, "run_id": run_id, "at": at} | dict(figures)
    return Message(TOPIC, run_id.encode(), json.dumps(value, separators=(",", ":")).encode())
