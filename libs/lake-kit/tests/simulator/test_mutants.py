"""The simulator must notice every planted bug, or its silence about the real protocol means nothing."""

import pytest

from .mutants import MUTANTS, Plant
from .world import World

SEEDS = 300


@pytest.mark.parametrize("plant", MUTANTS, ids=lambda plant: plant.__name__)
def test_a_planted_bug_is_noticed(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch)
    assert any(_breaks(seed) for seed in range(SEEDS)), f"{SEEDS} seeds did not notice it"


def _breaks(seed: int) -> bool:
    try:
        World(seed).run()
    except Exception:  # noqa: BLE001 - whatever breaks, the bug was noticed
        return True
    return False
