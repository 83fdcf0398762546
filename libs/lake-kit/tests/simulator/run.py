"""Runs seeds one after the other and gathers what happened in them; in processes of their own if there are many."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .world import World

TESTS = Path(__file__).parent.parent


@dataclass
class Report:
    """What some seeds saw.

    Attributes:
        seeds: How many there were.
        seen: How often each fault and each act of people happened.
        failures: A line per seed that broke a promise.
    """

    seeds: int = 0
    seen: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """Of JSON types only."""
        return {"seeds": self.seeds, "seen": dict(sorted(self.seen.items())), "failures": self.failures}

    def add(self, other: "Report") -> None:
        """Take in what other seeds saw."""
        self.seeds += other.seeds
        self.seen += other.seen
        self.failures += other.failures


def run_seeds(seeds: Iterable[int]) -> Report:
    """Run each seed's world to its end."""
    report = Report()
    for seed in seeds:
        world = World(seed)
        report.seeds += 1
        try:
            world.run()
        except Exception as error:  # noqa: BLE001 - every error is a finding, and the seed repeats it
            told = f"{type(error).__name__}: {error}"
            report.failures.append(f"seed {seed} (cd {TESTS}; python -m simulator {seed}): {told[:2000]}")
        report.seen += world.faults.seen
    return report


def run_in_processes(ranges: Sequence[range]) -> Report:
    """Run each range of seeds in a process of its own, all at once."""
    commands = [[sys.executable, "-m", "simulator", str(part.start), str(part.stop)] for part in ranges]
    workers = [subprocess.Popen(command, cwd=TESTS, stdout=subprocess.PIPE, text=True) for command in commands]
    report = Report()
    for worker in workers:
        printed, _ = worker.communicate()
        told = json.loads(printed.splitlines()[-1])
        report.add(Report(told["seeds"], Counter(told["seen"]), told["failures"]))
    return report
