"""Ten thousand seeded runs of the publish protocol, none of which may break a promise."""

import sys
from time import monotonic

import pytest

from . import requests
from .faults import KINDS
from .model_table import ModelTable, Snapshot
from .rules import CLASSES, KEPT, Rules
from .run import run_in_processes, run_seeds
from .world import SILVER_STAGE, World

SHARES = [range(5_000), range(5_000, 10_000)]
# What must have happened at least this often, or the runs prove little.
OFTEN = {
    **dict.fromkeys(
        (*KINDS, "landed_late", "announcement_lost", "rolled_back", "recreated", "refilled", "accepted"), 200
    ),
    **dict.fromkeys(("replay", "backfill", "rules", "retention"), 2000),
    "refused_late": 20,
}


def test_the_protocol_keeps_its_promises(capsys: pytest.CaptureFixture[str]) -> None:
    began = monotonic()
    report = run_in_processes(SHARES)
    with capsys.disabled():
        seen = ", ".join(f"{number} {kind}" for kind, number in sorted(report.seen.items()))
        took = f"{report.seeds} seeds, {monotonic() - began:.0f} s, {len(report.failures)} failed"
        sys.stdout.write(f"\nsimulator: {took}; {seen}\n")
    assert report.failures == []
    assert report.seeds == sum(map(len, SHARES))
    assert {kind: report.seen[kind] for kind, least in OFTEN.items() if report.seen[kind] < least} == {}


@pytest.mark.parametrize(
    "seed",
    [
        pytest.param(11, id="silver reads on in a new life that bronze has accepted"),
        pytest.param(1357, id="a table is rolled back after a replay beside it"),
        pytest.param(8201, id="a box and a backfill are open at once"),
        pytest.param(7827, id="a table is rolled back across a backfill, and another one is asked for"),
    ],
)
def test_a_seed_that_once_failed(seed: int) -> None:
    assert run_seeds([seed]).failures == []


def test_a_table_that_is_rolled_back_after_a_replay_beside_it_gets_its_box_again() -> None:
    """Once: AuditFailed for ever, for the others' stamps told of the replay instead of the box."""
    world = quiet_world()
    world.rules = Rules(frozenset())
    replay = requests.replay(range(CLASSES))
    world._start_one(SILVER_STAGE)
    assert world._turn(SILVER_STAGE, world.drivers[SILVER_STAGE][-1], replay)
    untouched = [table for table in world.shop.tables.values() if table.name in KEPT and newest(table).moves]
    gaining = [table for table in world.shop.tables.values() if table.name in KEPT and not newest(table).moves]
    assert untouched
    assert gaining
    untouched[0].current = list(untouched[0].stamped())[1]
    world.finish()


def quiet_world() -> World:
    """Two boxes everywhere, nothing goes wrong."""
    world = World(0)
    for _ in range(2):
        world.shop.broker.produce()
        world._drain()
    return world


def newest(table: ModelTable) -> Snapshot:
    return next(table.stamped())
