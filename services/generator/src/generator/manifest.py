"""The truth about a run, told on `generator-manifest`: what was asked for, and what was really sent."""

import json
from collections.abc import Mapping
from typing import Any

from shoplake_service_kit.event_publisher import Message

from .settings import GeneratorConfig

TOPIC = "generator-manifest"


def started(run_id: str, at: str, seed: int, config: GeneratorConfig) -> Message:
    """The record at the beginning of a run."""
    return _record(run_id, "run_started", at, {"seed": seed, "config": config.model_dump(mode="json")})


def ended(run_id: str, at: str, figures: Mapping[str, Any]) -> Message:
    """The record at its end, however it ended."""
    return _record(run_id, "run_ended", at, figures)


def _record(run_id: str, kind: str, at: str, figures: Mapping[str, Any]) -> Message:
    value = {"kind": kind, "run_id": run_id, "at": at} | dict(figures)
    return Message(TOPIC, run_id.encode(), json.dumps(value, separators=(",", ":")).encode())
