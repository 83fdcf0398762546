"""Ten thousand seeded runs of the publish protocol, none of which may break a promise."""

import sys
from time import monotonic

import pytest

from .faults import KINDS
from .run import run_in_processes, run_seeds

SEEDS = 10_000
WORKERS = 2
# What must have happened at least this often, or the runs prove little.
OFTEN = dict.fromkeys((*KINDS, "landed_late", "refused_late", "announcement_lost"), 100) | dict.fromkeys(
    ("replay", "backfill", "rules", "retention", "recreated", "accepted", "rolled_back"), 300
)


def test_the_protocol_keeps_its_promises(capsys: pytest.CaptureFixture[str]) -> None:
    began, share = monotonic(), SEEDS // WORKERS
    report = run_in_processes([range(share * number, share * (number + 1)) for number in range(WORKERS)])
    with capsys.disabled():
        seen = ", ".join(f"{number} {kind}" for kind, number in sorted(report.seen.items()))
        took = f"{report.seeds} seeds, {monotonic() - began:.0f} s, {len(report.failures)} failed"
        sys.stdout.write(f"\nsimulator: {took}; {seen}\n")
    assert report.failures == []
    assert report.seeds == SEEDS
    assert {kind: report.seen[kind] for kind, least in OFTEN.items() if report.seen[kind] < least} == {}


@pytest.mark.parametrize(
    "seed",
    [
        pytest.param(6, id="silver reads on in a new life that bronze has accepted"),
        pytest.param(504, id="a table is rolled back after a replay into the others, and its box is audited again"),
    ],
)
def test_a_seed_that_once_failed(seed: int) -> None:
    assert run_seeds([seed]).failures == []
