"""A thousand seeded runs of the publish protocol, none of which may break a promise."""

from collections import Counter

import pytest

from .world import World

BLOCK = 100
FAULTS = {"crash_before", "crash_after", "unavailable", "intrude", "done", "not_done", "late", "landed_late"}


@pytest.mark.parametrize("block", range(10))
def test_the_protocol_keeps_its_promises(block: int) -> None:
    seen: Counter[str] = Counter()
    for seed in range(block * BLOCK, (block + 1) * BLOCK):
        seen += _run(seed)
    assert set(seen) >= FAULTS, "a fault that never happens tests nothing"


def _run(seed: int) -> Counter[str]:
    world = World(seed)
    try:
        world.run()
    except Exception as error:  # noqa: BLE001 - every error is a finding, and the seed repeats it
        pytest.fail(f"seed {seed}: {error!r}")
    return world.faults.seen
