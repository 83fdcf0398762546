"""Kills one process, at a named point or anywhere, and measures how long it takes until its stage publishes again."""

import os
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from stack import Stack

from prove.producer import Load
from prove.schedule import BACKFILL, GOLD, MAINTENANCE, REPLAY, SILVER, Planned
from prove.watch import STAGE_OF, ProofError, Watch, covers

REACH_SECONDS = 240.0
BACK_SECONDS = 900.0
POLL = 0.05
Asked = tuple[str, str, dict[str, Any]]
"""Service, path and body of a request."""
# A box is due at once in a stage that has just been opened.
BOX_OF_SILVER: Asked = ("silver-process", "/silver/restart", {})
BOX_OF_GOLD: Asked = ("gold-batch", "/gold/restart", {})


@dataclass(frozen=True)
class Kill:
    """What happened.

    Attributes:
        at: when the process was gone, UTC.
        service: whose it was.
        point: where; None for anywhere.
        not_reached: the point that was waited for in vain, before it was killed anywhere.
        running_seconds: from the kill until it runs again.
        recovery_seconds: from the kill until its stage publishes something new; None where nothing new was due.
        whole_seconds: from the kill until every table of its stage has something new; only measured on an idle machine.
        turn_ns: what a turn of an empty loop took until then, in nanoseconds; only measured on an idle machine.
    """

    at: str
    service: str
    point: str | None
    not_reached: str | None
    running_seconds: float
    recovery_seconds: float | None
    whole_seconds: float | None = None
    turn_ns: float | None = None

    @property
    def idle(self) -> bool:
        """Whether everything was caught up when it was killed."""
        return self.whole_seconds is not None

    def to_dict(self) -> dict[str, Any]:
        """For the ledger."""
        return asdict(self) | {"idle": self.idle}


class Killer:
    """Kills processes of one stack, one at a time.

    Args:
        stack: whose services were started with SHOPLAKE_CRASH_AT=@<wish>.
        wish: the file that names the point.
    """

    def __init__(self, stack: Stack, watch: Watch, wish: Path) -> None:
        self._stack = stack
        self._watch = watch
        self._wish = wish

    def wake(self, planned: Planned) -> None:
        """Gold gathers for minutes: where it is to die anywhere, it is to be at work by then."""
        if planned.service == "gold-batch" and planned.point is None:
            self._ask(*BOX_OF_GOLD)

    def kill(self, planned: Planned, load: Load | None) -> Kill:
        """Kill, and wait until it is back.

        Args:
            planned: which and where.
            load: the load that goes on; None if it has ended, so that nothing new is due.

        Raises:
            ProofError: it did not come back.
        """
        pid = self._stack.pid(planned.service)
        reached = planned.point is not None and self._dies_at(planned.point, planned.service, pid, load)
        if not reached:
            self._stack.kill(planned.service, whole=planned.whole)
        died, at = time.monotonic(), datetime.now(UTC).isoformat(timespec="milliseconds")
        new = self._something_new(planned.service, pid, load) if load and load.left else None
        running = self._until(lambda: self._is_back(planned.service, pid), died, f"{planned.service} runs again")
        recovery = self._until(new, died, f"{planned.service} publishes again") if new else None
        missed = None if reached else planned.point
        return Kill(at, planned.service, planned.point if reached else None, missed, running, recovery)

    def _dies_at(self, point: str, service: str, pid: int | None, load: Load | None) -> bool:
        draft = self._wish.with_suffix(".draft")
        draft.write_text(point)
        draft.replace(self._wish)
        self._provoke(point, load.day.isoformat() if load else None)
        gone = lambda: not self._wish.exists() and not _alive(pid)  # noqa: E731
        if self._watch.wait(gone, REACH_SECONDS, f"{service} reaches {point}", every=POLL):
            return True
        try:
            self._wish.unlink()
        except FileNotFoundError:
            return self._watch.wait(gone, REACH_SECONDS, f"{service} dies at {point}", every=POLL)
        return False

    def _provoke(self, point: str, day: str | None) -> None:
        """Ask for the work that the point is in, which may be a long way off; one that is on its way already will do.

        Args:
            point: where somebody shall die.
            day: an event day, for a backfill to have something to do; there is none without a load.
        """
        asked: dict[str, Asked] = {
            BACKFILL: ("silver-process", "/silver/backfills", {"from": day, "to": day}),
            MAINTENANCE: ("gold-batch", "/gold/maintenance-runs", {}),
            REPLAY: ("silver-process", "/silver/replays", {}),
            # Any other point is in a box.
            SILVER: BOX_OF_SILVER,
            GOLD: BOX_OF_GOLD,
        }
        prefix = next((prefix for prefix in asked if point.startswith(prefix)), None)
        if prefix is not None:
            self._ask(*asked[prefix])

    def _ask(self, service: str, path: str, body: dict[str, Any]) -> None:
        # The process may die before it has answered: that is what it was asked for.
        with suppress(httpx.HTTPError):
            self._stack.post(service, path, body)

    def _something_new(self, service: str, pid: int | None, load: Load) -> Callable[[], bool]:
        """A question that is answered by the first publish of work done after the kill."""
        if service == "kafka":
            return self._an_event_sent_after(pid, load)
        stage = STAGE_OF[service]
        # Until the supervisor has noticed, the JVM below may still finish what it had in hand.
        if not self._watch.wait(lambda: self._stack.pid(service) != pid, 30, f"{service} is missed"):
            raise ProofError(f"the supervisor did not notice that {service} was killed")
        before: list[Any] = [None]

        def published() -> bool:
            now = self._watch.position(stage)
            before[0] = before[0] or now
            return now is not None and now != before[0]

        published()
        return published

    def _an_event_sent_after(self, pid: int | None, load: Load) -> Callable[[], bool]:
        then: list[Any] = [None, None]

        def published() -> bool:
            if self._stack.pid("kafka") in (None, pid):
                return False
            if then[0] is None:
                then[0] = load.acknowledged
            if then[1] is None and load.acknowledged > then[0]:
                then[1] = load.newest
            position = self._watch.position("bronze")
            if then[1] is None or position is None:
                return False
            topic, partition, offset = then[1]
            return covers(position, {topic: [0] * partition + [offset + 1]})

        return published

    def _is_back(self, service: str, pid: int | None) -> bool:
        return self._stack.pid(service) not in (None, pid) and self._watch.state(service) == "RUNNING"

    def _until(self, holds: Callable[[], bool], since: float, what: str) -> float:
        if not self._watch.wait(holds, BACK_SECONDS, what):
            raise ProofError(f"{what}: not within {BACK_SECONDS:.0f} s\n{self._stack.log_tail()}")
        return round(time.monotonic() - since, 2)


def _alive(pid: int | None) -> bool:
    if pid is None:
        return False
    with suppress(ProcessLookupError):
        os.kill(pid, 0)
        # A zombie answers too: it is gone for everybody but its parent.
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    return False
