"""Builders that several tests share: a stamp, and a source, of which a test says only what it is about."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from shoplake_lake_kit.ports import Source
from shoplake_lake_kit.stamp import Stamp
from shoplake_lake_kit.vector import Counts, Position

# The same examples in every run, and no clock: a busy machine must not fail a test.
settings.register_profile(
    "steady", deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("steady")

Rows = Mapping[str, Sequence[int]]


def _same(value: Any) -> Any:
    return value


VECTORS: Mapping[str, Callable[[Any], Any]] = {
    "position": Position,
    "origin": Position,
    "read": Counts,
    "out": Counts,
    "quarantined": Counts,
}


@pytest.fixture
def make_stamp() -> Callable[..., Stamp]:
    """A stamp of stage silver; keyword arguments replace fields, vectors may be given as plain mappings."""
    plain = Stamp(
        stage="silver",
        group="main",
        writer="w1",
        position=Position({"purchases": [10, 20]}),
        origin=Position({"purchases": [0, 0]}),
        epochs={"purchases": 0},
        topic_ids={"purchases": "id1"},
        cluster="c1",
        attempt="a1",
    )

    def make(**changes: Any) -> Stamp:
        fields: dict[str, Any] = {name: VECTORS.get(name, _same)(value) for name, value in changes.items()}
        return replace(plain, **fields)

    return make


@pytest.fixture
def make_source() -> Callable[..., Source]:
    """A source of topic purchases that fits the stamp above."""

    def make(
        beginning: Rows | None = None, end: Rows | None = None, cluster: str = "c1", topic_id: str = "id1"
    ) -> Source:
        return Source(
            cluster=cluster,
            topic_ids={"purchases": topic_id},
            epochs=None,
            beginning=Position(beginning or {"purchases": [0, 0]}),
            end=Position(end or {"purchases": [30, 30]}),
        )

    return make
