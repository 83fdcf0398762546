"""Which process dies where, and when: drawn from the seed before anything runs."""

import random
import re
from collections.abc import Iterable
from dataclasses import dataclass

from shoplake_contracts.crash_points import CrashPoint

REPLAY = "silver.replay."
BACKFILL = "silver.backfill."
MAINTENANCE = "gold.maintenance."
SILVER, GOLD = "silver.", "gold."
# A load leaves no gap that somebody would have to accept.
_OF_A_BOX = re.compile(r"(bronze|silver|gold)\.(?!\w*resolve)\w+")
_AT_RANDOM = ("bronze-ingest",) * 3 + ("silver-process",) * 4 + ("gold-batch",) * 2 + ("kafka",)
LONGEST_DELAY = 8.0
REPLAY_SHARE = 5


@dataclass(frozen=True)
class Planned:
    """One kill.

    Attributes:
        service: whose process dies.
        point: the named place; None for wherever it happens to be.
        delay: seconds between the recovery from the kill before and this one, or its wish.
        whole: whether the JVM below a service is killed in the same moment, or lives on for an instant.
    """

    service: str
    point: str | None
    delay: float
    whole: bool


def draw(seed: int, kills: int, points: Iterable[CrashPoint]) -> list[Planned]:
    """The kills in the middle of the load: half at named points, as many different ones as there are, half anywhere."""
    rng = random.Random(seed)
    named = sorted(points, key=lambda point: point.name)
    rng.shuffle(named)
    at_points = (kills + 1) // 2 if named else 0
    chosen = [named[number % len(named)] for number in range(at_points)]
    where: list[tuple[str, str | None]] = [(point.service, point.name) for point in chosen]
    anywhere = rng.sample(_AT_RANDOM, len(_AT_RANDOM))
    where += [(anywhere[number % len(anywhere)], None) for number in range(kills - at_points)]
    rng.shuffle(where)
    return [
        Planned(service, point, round(rng.uniform(0, LONGEST_DELAY), 2), whole=rng.random() < 0.5)
        for service, point in where
    ]


def of_the_load(points: Iterable[CrashPoint], paths: Iterable[str]) -> list[CrashPoint]:
    """The points that can be reached while a load runs.

    Args:
        points: all that are declared.
        paths: the routes that the services have; what needs a route is out of reach without it.
    """
    routes = {BACKFILL: "/silver/backfills", MAINTENANCE: "/gold/maintenance-runs"}
    open_ = tuple(prefix for prefix, route in routes.items() if route in set(paths))
    return [point for point in points if _OF_A_BOX.fullmatch(point.name) or point.name.startswith(open_)]


def of_the_replay(kills: int, points: Iterable[CrashPoint]) -> list[CrashPoint]:
    """The points of the replay after the load: one in five kills, each point at most once."""
    return [point for point in points if point.name.startswith(REPLAY)][: kills // REPLAY_SHARE]
