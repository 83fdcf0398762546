"""The points at which a process can be told to die are those that are declared, and the simulator's runs reach each."""

import pytest
from shoplake_contracts import crash_points
from shoplake_lake_kit import publisher, stage

from .run import run_seeds

SEEDS = 200


def test_runs_reach_exactly_the_points_that_are_declared(monkeypatch: pytest.MonkeyPatch) -> None:
    reached: set[str] = set()
    for module in (stage, publisher):
        monkeypatch.setattr(module, "crash_point", reached.add)
    assert run_seeds(range(SEEDS)).failures == []
    declared = {point for point in crash_points.load() if point.split(".")[0] in {"bronze", "silver"}}
    assert reached == declared
