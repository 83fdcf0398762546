"""Waits until the stages hold what was sent, with bars that show each on its way."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from shoplake_contracts.errors import RequestError, StartFailed, Transient, UpstreamNotReady
from shoplake_contracts.states import State
from shoplake_lake_kit.vector import Position

from shoplake_cli.client import Client, ServiceDown

STAGES = ("bronze", "silver", "gold")
LOOK_EVERY = 1.0
STALLED_SECONDS = 600.0
"""A first batch on a busy laptop takes a minute, gold over many days some; nothing that works takes this long."""


class Stalled(UpstreamNotReady):
    """The pipeline stopped making progress before it held everything."""

    code = "stalled"
    remedy = "shoplake status and the logs under the home say which stage hangs."


@dataclass(frozen=True)
class Lag:
    """`GET /health/lag`, read."""

    end: Position
    positions: Mapping[str, Position]
    behind: Mapping[str, int]

    @classmethod
    def of(cls, answer: Mapping[str, Any]) -> "Lag":
        """From the answer's JSON."""
        stages = answer["stages"]
        return cls(
            Position(answer["end"]),
            {name: Position(stages[name]["position"]) for name in STAGES},
            {name: int(stages[name]["events"]) for name in STAGES},
        )

    def reached(self, stage: str) -> int:
        """Offsets the stage has behind it."""
        return self.end.total() - self.behind[stage]


class Bars:
    """One bar per stage on the way to `events` more than at the start."""

    def __init__(self, progress: Progress, events: int, *, first: str | None = None) -> None:
        self._progress = progress
        names = ([first] if first else []) + list(STAGES)
        self._tasks: dict[str, TaskID] = {name: progress.add_task(name, total=events) for name in names}

    def show(self, name: str, done: int) -> None:
        """Set a bar."""
        self._progress.update(self._tasks[name], completed=max(0, done))


@contextmanager
def bars(console: Console, events: int, *, first: str | None = None) -> Iterator[Bars]:
    """Bars for bronze, silver and gold, and one before them if named."""
    columns = (TextColumn("{task.description:<10}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        yield Bars(progress, events, first=first)


def wait_until(
    look: Callable[[], tuple[bool, object]],
    *,
    stalled_after: float = STALLED_SECONDS,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Look again and again.

    Args:
        look: returns whether it is done, and figures that change as long as there is progress. A service
            that does not answer, or refuses, is no news: it may be restarting.
        stalled_after: seconds without progress after which the wait ends.
        clock: seconds, monotonic.
        sleep: waits.

    Raises:
        Stalled: no progress for so long.
    """
    seen: object = None
    since = clock()
    trouble = ""
    while True:
        try:
            done, figures = look()
        except (ServiceDown, RequestError, Transient) as error:
            done, figures, trouble = False, seen, f" Last trouble: {error.message}"
        if done:
            return
        if figures != seen:
            seen, since, trouble = figures, clock(), ""
        if clock() - since > stalled_after:
            raise Stalled(f"No progress for {stalled_after:g} s at {seen}.{trouble}")
        sleep(LOOK_EVERY)


def refuse_failed(client: Client) -> None:
    """End a wait that cannot end well: a FAILED service goes on only when a person has looked.

    Raises:
        StartFailed: a service is FAILED; names it, its error and the remedy.
    """
    for name, status in client.pipeline()["services"].items():
        if status["state"] == State.FAILED:
            error = status.get("error") or {}
            raise StartFailed(f"{name} is FAILED: {error.get('message')}", remedy=error.get("remedy"))


def wait_for_gold(
    client: Client, reached: Position, console: Console, sleep: Callable[[float], None] = time.sleep
) -> None:
    """Return when gold's position covers `reached`.

    Raises:
        Stalled: the pipeline stopped making progress first.
        StartFailed: a service is FAILED.
    """
    with bars(console, reached.total()) as shown:

        def look() -> tuple[bool, object]:
            refuse_failed(client)
            lag = Lag.of(client.lag())
            # What others send meanwhile is not waited for.
            done = {stage: position.lowest(reached).total() for stage, position in lag.positions.items()}
            for stage, events in done.items():
                shown.show(stage, events)
            return lag.positions["gold"].covers(reached), done

        wait_until(look, sleep=sleep)
