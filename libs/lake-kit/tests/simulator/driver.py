"""One process that runs a real `Stage` over the model's ports, dies, restarts, and is watched while it does."""

from collections.abc import Callable
from dataclasses import dataclass, field

from shoplake_contracts.errors import (
    AuditFailed,
    OffsetsGone,
    Refusal,
    ResolutionDiffers,
    StampAhead,
    TopicRecreated,
    Transient,
    WriterConflict,
)
from shoplake_lake_kit.plan import is_open
from shoplake_lake_kit.revision import backfilling
from shoplake_lake_kit.stage import Stage

from .faults import Crash, Faults
from .model_table import Frame
from .revisions import Revisions


class Violation(AssertionError):  # noqa: N818 - a finding of the test, no error of the program
    """Something happened that the protocol promises never happens."""


@dataclass(kw_only=True)
class Driver:
    """One process of a stage.

    Attributes:
        writer: Its name, unique per start.
        faults: What goes wrong around its port calls.
        revisions: How it prepares replays and backfills, for silver.
        stage: What it runs.
        settled: It has looked at every table at least once.
        doomed: Another driver published since: it must not publish again, and must say why.
        alive: It has not refused for good.
        publishes: How often it published.
        refusal: What it waits for a person to resolve.
        overtaken: Another driver published during its present turn.
        backfill_open: Tables may lack a backfill that the lead has: after a start, and after a turn that failed.
    """

    writer: str
    faults: Faults
    revisions: Revisions | None = None
    stage: Stage[Frame] = field(init=False)
    settled: bool = False
    doomed: bool = False
    alive: bool = True
    publishes: int = 0
    refusal: Refusal | None = None
    overtaken: bool = False
    backfill_open: bool = True

    def turn(self, request: "Request | None" = None, *, faulty: bool) -> bool:
        """What the job does once: complete a backfill, do what was asked for, or take a step.

        A refusal that the run's events explain ends this driver, or waits for a person.
        """
        doomed, publishes = self.doomed, self.publishes
        self.refusal, self.overtaken, progressed = None, False, False
        try:
            progressed = self._turn(request)
            self.settled = True
        except (Crash, WriterConflict):
            self.alive = False
        except AuditFailed:
            # What it planned on and what it read may be of two times then; it says so and is done.
            if not self.overtaken:
                raise
            self.alive = False
        except (OffsetsGone, TopicRecreated, ResolutionDiffers) as refusal:
            self.refusal = refusal if isinstance(refusal, Refusal) else None
        except (Transient, StampAhead):
            progressed = False
        if doomed and self.alive and not faulty:
            raise Violation(f"{self.writer} did not notice another writer")
        if doomed and self.publishes > publishes:
            raise Violation(f"{self.writer} published after another writer")
        return progressed

    def _turn(self, request: "Request | None") -> bool:
        # Before a run of either kind as well: a table that was rolled back lacks what the lead's stamp says of it.
        due = self.backfill_open or request is not None
        if self.revisions is not None and due and self._complete_backfill(self.revisions):
            return True
        self.backfill_open = True
        progressed = request(self) if request else self.stage.step()
        self.backfill_open = False
        return progressed

    def _complete_backfill(self, revisions: Revisions) -> bool:
        silver = self.stage.stamps()
        if is_open(silver):
            # As in spark-kit's StageJob: first the box that a crash left open, then what is due beside boxes.
            return self.stage.step()
        stamps = {**silver, **self.stage.publisher.read_stamps(self.stage.ledgers)}
        if not backfilling(next(iter(stamps.values())), stamps):
            return False
        self.stage.revise(lambda stamps, _attempt: self.faults.call(lambda: revisions.rest_of_backfill(stamps)))
        return True


# Something that a person asks a driver for; says whether anything was published.
Request = Callable[[Driver], bool]
