"""The simulator must notice every planted bug, or its silence about the real protocol means nothing."""

import pytest

from .mutants import MUTANTS
from .planted import Plant
from .run import run_seeds

SEEDS = 2000
AT_ONCE = 20


def test_there_are_bugs_enough_to_look_for() -> None:
    assert len({plant.__name__ for plant in MUTANTS}) == len(MUTANTS) >= 20


@pytest.mark.parametrize("plant", MUTANTS, ids=lambda plant: plant.__name__)
def test_a_planted_bug_is_noticed(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch)
    blocks = (range(first, first + AT_ONCE) for first in range(0, SEEDS, AT_ONCE))
    assert any(run_seeds(block).failures for block in blocks), f"{SEEDS} seeds did not notice it"
