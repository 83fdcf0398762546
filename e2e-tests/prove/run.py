"""The proof from an empty home to its last line: load and kills, catching up, comparing, replaying, comparing again."""

import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from checker import Verdict, compare
from shoplake_contracts import crash_points
from stack import Stack

from prove.idle import RATE, SHARE, IdleKills, kept_back
from prove.killer import Kill, Killer
from prove.ledger import Ledger
from prove.plan import Plan
from prove.producer import Load
from prove.replaying import ROUTE, replay
from prove.schedule import Planned, draw, of_the_load, of_the_replay
from prove.watch import STAGE_OF, ProofError, Watch

# Dated before it, an event is refused; under the default, which is earlier, a replay restores it.
STRICT = "SHOPLAKE_OLDEST_EVENT=2000-01-01"
MOST_PER_SECOND = 4_000.0
# Seconds from kill to kill, as if so many had been seen already: the first ones are no measure of the others.
USUAL_CYCLE, USUAL_CYCLES = 60.0, 5
BURST = 0.1
RESERVE = 3
GOLD_SECONDS = 900.0
Say = Callable[[str], None]
Config = dict[str, Any]

# Boxes of a trickle cost what large ones do: gathered a little, they leave the other stage, and a restart, a core. Gold
# costs most; it does not wait when it is to be killed.
UNDER_LOAD: Mapping[str, Config] = {
    "silver-process": {"interval_seconds": 30},
    "gold-batch": {"interval_seconds": 300, "maintenance_interval_seconds": 120},
}


@dataclass(frozen=True)
class Wishes:
    """What was asked for: the folder, the size, the seed."""

    folder: Path
    events: int
    kills: int
    seed: int


@dataclass(frozen=True)
class Outcome:
    """What came of it."""

    wishes: Wishes
    ledger: Ledger
    verdicts: tuple[Verdict, ...]
    accounting: dict[str, Any]
    problems: tuple[str, ...]

    @property
    def proved(self) -> bool:
        """Whether everything holds."""
        return not self.problems and all(verdict.holds for verdict in self.verdicts)


class Proof:
    """One run over one stack, which it starts and stops."""

    def __init__(self, wishes: Wishes, say: Say) -> None:
        self._wishes = wishes
        self._say = say
        self._home = wishes.folder / "home"
        self._wish = wishes.folder / "crash-at"
        self._stack = Stack(self._home)
        self._plan = Plan(wishes.seed, wishes.events, datetime.now(UTC))
        facts = {"seed": wishes.seed, "events": wishes.events, "base": self._plan.base.isoformat()}
        self._ledger = Ledger(wishes.folder / "ledger.json", facts)
        self._load: Load | None = None
        self._watch = Watch(self._stack, self._load_is_well)
        self._idle = wishes.kills // SHARE
        self._killer = Killer(self._stack, self._watch, self._wish)

    def run(self) -> Outcome:
        """All of it; the stack is down afterwards, whatever happened.

        Raises:
            ProofError: the proof could not be brought to its end.
        """
        shutil.rmtree(self._wishes.folder, ignore_errors=True)
        self._wishes.folder.mkdir(parents=True)
        try:
            return self._run()
        finally:
            if self._load is not None:
                self._load.stop()
            self._say("stopping the stack")
            self._stack.down()

    def _run(self) -> Outcome:
        self._say(f"starting a stack under {self._home}")
        self._up("--env", STRICT)
        by_default = {service: self._config(service) for service in UNDER_LOAD}
        self._configure(UNDER_LOAD)
        load = self._sent_between_kills()
        self._configure(by_default)
        for kill in IdleKills(self._stack, self._watch, load, self._say).each(self._idle):
            self._tell(kill, load)
        load.until = self._plan.events
        self._watch.wait(lambda: load.left == 0, 60, "the last events are sent")
        load.check()
        self._watch.until_gold_holds_everything(self._say)
        table = load.log.table()
        self._ledger.add(ack_log_sha256=load.log.write(self._wishes.folder / "acks.parquet"))
        verdicts = [self._compared(table, replayed=False)]
        problems = list(self._wrong_in_accounting(load.acknowledged))
        if ROUTE in self._watch.paths():
            verdicts += self._replayed(table, problems)
            problems += self._wrong_in_accounting(load.acknowledged)
        accounting = self._watch.accounting() or {}
        self._ledger.add(accounting=accounting.get("total"), problems=problems)
        return Outcome(self._wishes, self._ledger, tuple(verdicts), accounting, tuple(problems))

    def _up(self, *options: str) -> None:
        try:
            self._stack.up("--env", f"SHOPLAKE_CRASH_AT=@{self._wish.absolute()}", *options)
        except AssertionError as error:
            raise ProofError(f"the stack did not come up: {error}") from error

    def _load_is_well(self) -> None:
        if self._load is not None:
            self._load.check()

    def _config(self, service: str) -> Config:
        return dict(self._stack.get(service, f"/{STAGE_OF[service]}/config"))

    def _configure(self, changes: Mapping[str, Config]) -> None:
        for service, wanted in changes.items():
            self._stack.put(service, f"/{STAGE_OF[service]}/config", self._config(service) | wanted)
            self._say(f"{service} is configured: {wanted}")

    def _sent_between_kills(self) -> Load:
        in_replay = self._replay_points()
        points = of_the_load(crash_points.load().values(), self._watch.paths())
        kills = draw(self._wishes.seed, self._wishes.kills - len(in_replay) - self._idle, points)
        load = self._load = Load(self._plan, f"127.0.0.1:{self._stack.port('kafka')}", MOST_PER_SECOND)
        load.until -= kept_back(self._idle)
        load.start()
        # A burst first, so that there are boxes of a backlog, too.
        enough = int(self._wishes.events * BURST)
        self._watch.wait(lambda: load.acknowledged >= enough, 600, "the first events are sent")
        began = time.monotonic()
        for number, planned in enumerate(kills):
            cycle = (USUAL_CYCLE * USUAL_CYCLES + time.monotonic() - began) / (USUAL_CYCLES + number)
            # Some is kept back: there must be something new to publish after the slowest kill.
            load.rate = min(MOST_PER_SECOND, load.left / (cycle * (len(kills) - number + RESERVE)))
            self._killed(planned, load)
        load.rate = MOST_PER_SECOND
        self._watch.wait(lambda: load.left == 0, 3600, "everything is sent", every=1.0)
        load.check()
        load.rate = RATE
        self._ledger.add(load_seconds=round(time.monotonic() - began, 1))
        return load

    def _killed(self, planned: Planned, load: Load | None) -> None:
        self._killer.wake(planned)
        resume = time.monotonic() + planned.delay
        self._watch.wait(lambda: time.monotonic() >= resume, planned.delay + 1, "it is time")
        self._tell(self._killer.kill(planned, load), load)

    def _tell(self, kill: Kill, load: Load | None) -> None:
        self._ledger.killed(kill)
        where = f"at {kill.point}" if kill.point else "while idle" if kill.idle else "anywhere"
        where += f" ({kill.not_reached} was not reached)" if kill.not_reached else ""
        back = f"runs again after {kill.running_seconds:.1f} s"
        back += "" if kill.recovery_seconds is None else f", first new publish after {kill.recovery_seconds:.1f} s"
        back += "" if kill.whole_seconds is None else f", all tables after {kill.whole_seconds:.1f} s"
        back += "" if kill.turn_ns is None else f", a turn of an empty loop took {kill.turn_ns:.0f} ns"
        total = (self._watch.accounting() or {}).get("total", {})
        sent = f"sent {load.acknowledged:,} · " if load else ""
        self._say(
            f"kill {len(self._ledger.kills)}/{self._wishes.kills}: {kill.service} {where}, {back} · {sent}"
            f"in flight {total.get('in_flight', '?')} · unaccounted {total.get('unaccounted', '?')}"
        )

    def _replay_points(self) -> list[crash_points.CrashPoint]:
        reachable = crash_points.load().values() if ROUTE in self._watch.paths() else []
        return of_the_replay(self._wishes.kills, reachable)

    def _replayed(self, table: Any, problems: list[str]) -> list[Verdict]:
        """Restart under the default rules, so that some rows can be restored, and replay."""
        self._say("restarting the stack under the default rules")
        self._load = None
        self._stack.down()
        self._up()
        for point in self._replay_points():
            self._killed(Planned(point.service, point.name, 0.0, whole=True), None)
        self._ledger.add(replay=replay(self._stack, self._watch, self._say))
        first = self._compared(table, replayed=True)
        self._ledger.add(second_replay=replay(self._stack, self._watch, self._say))
        second = self._compared(table, replayed=True)
        if first.content != second.content:
            problems.append("a second replay changed the typed tables")
        return [first, second]

    def _compared(self, table: Any, *, replayed: bool) -> Verdict:
        began, seen = time.monotonic(), list[Verdict]()

        def settled() -> bool:
            seen[:] = [compare(self._home, table, complete=True, replayed=replayed, gold=True)]
            # What a replay or a backfill changed reaches gold a little later, without a new position.
            return seen[0].names != {"wrong_in_gold"}

        self._watch.wait(settled, GOLD_SECONDS, "gold agrees with silver", every=5.0)
        verdict = seen[0]
        self._say(f"compared in {time.monotonic() - began:.0f} s: {verdict}")
        name = "after_replay" if replayed else "after_load"
        facts = {"figures": dict(verdict.figures), "content_sha256": verdict.content, "findings": str(verdict)}
        self._ledger.add(**{name: facts})
        return verdict

    def _wrong_in_accounting(self, sent: int) -> list[str]:
        seen: dict[str, Any] = {}

        def told() -> bool:
            seen.update(self._watch.accounting() or {})
            return bool(seen)

        if not self._watch.wait(told, 60, "the equation is told"):
            raise ProofError("health does not tell the equation")
        total = seen["total"]
        wanted = {"unaccounted": 0, "in_flight": 0, "produced": sent}
        return [f"{name} is {total[name]:,}, not {value:,}" for name, value in wanted.items() if total[name] != value]
