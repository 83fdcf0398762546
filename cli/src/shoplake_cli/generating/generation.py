"""One run from its start to its end: followed by looking again and again, stopped when the person has had enough."""

import time
from collections.abc import Callable, Iterable
from typing import Protocol

from shoplake_contracts.errors import ShoplakeError
from shoplake_contracts.states import State

from shoplake_cli.client import Client
from shoplake_cli.stack.output import printable
from shoplake_cli.stack.services import GENERATOR

from .lines import Batch, Continuous, Story, finished, planted, totals
from .start import begin
from .wanted import Wanted
from .watch import GenerationEndedError, Watch

LOOK_EVERY = 0.5
STOP_SECONDS = 60.0
"""What is made already is sent first, which takes a while if Kafka is away."""
INFO, WARNING = "INFO:event_generator:", "WARNING:event_generator:"


class Stop(Protocol):
    """The person's wish to end, and a wait that it cuts short."""

    @property
    def asked(self) -> bool:
        """Whether it was uttered."""

    def wait(self, seconds: float) -> None:
        """Wait, at most until it is uttered."""


def generate(
    client: Client,
    wanted: Wanted,
    say: Callable[[str], None],
    stop: Stop,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Start a run, follow it to its end or stop it, say what came of it.

    Args:
        client: Of a running stack.
        wanted: The run.
        say: Told each line.
        stop: The person's wish to end.
        clock: Seconds, monotonic.

    Raises:
        GeneratorBusyError: the generator is at work already.
        GenerationEndedError: the run FAILED, was replaced, or ended before all was sent.
        RequestError: the service refuses the config.
        ServiceDown: it does not answer.
    """
    watch = Watch(client, begin(client, wanted), clock)
    run = Generation(client, watch, wanted.events, say, stop, clock)
    try:
        run.follow()
    except ShoplakeError:
        run.tell_totals()
        raise
    except (OSError, SystemExit):
        # Nobody reads the lines any more, as in a pipe into head: the run ends with its reader.
        client.control(GENERATOR, "stop")
        raise
    run.conclude()


class Generation:
    """A run that was begun just now, and what is told of it; see `generate` for the arguments.

    `events` is after how many it ends by itself, None for never.
    """

    def __init__(
        self,
        client: Client,
        watch: Watch,
        events: int | None,
        say: Callable[[str], None],
        stop: Stop,
        clock: Callable[[], float],
    ) -> None:
        self._client = client
        self._watch = watch
        self._events = events
        self._say = say
        self._stop = stop
        self._clock = clock
        self._began = clock()
        self._story: Story = Continuous() if events is None else Batch(events)
        self._told_trouble: str | None = None

    def follow(self) -> None:
        """Look again and again until it has stopped, by itself or because the person wants it."""
        self._tell([self._story.opening])
        while not self._stop.asked:
            state = self._watch.look()
            self._tell_news()
            if state is State.STOPPED:
                return
            self._stop.wait(LOOK_EVERY)
        self._end()

    def conclude(self) -> None:
        """Say what came of it, now that it has stopped.

        Raises:
            GenerationEndedError: somebody else stopped it before all was sent.
        """
        figures, events = self._watch.figures, self._events
        if figures is not None and figures.done and events is not None:
            self._tell(finished(figures, events))
            return
        self.tell_totals()
        if self._stop.asked:
            return
        if events is not None:
            raise GenerationEndedError(
                f"The generator was stopped from elsewhere after {figures.sent if figures else 0} of {events} events.",
                remedy="What was sent stays sent; ask again for the rest.",
            )
        self._tell(["The generator was stopped from elsewhere"])

    def tell_totals(self) -> None:
        """What was sent, as far as it is known."""
        figures = self._watch.figures
        if figures is None:
            self._tell(["Nothing was sent"])
            return
        self._tell(totals(figures, self._seconds()))
        self._tell(planted(figures))
        if figures.produced > figures.acknowledged:
            unconfirmed = figures.produced - figures.acknowledged
            self._tell([f"{unconfirmed} more were made that Kafka did not confirm"], WARNING)

    def _end(self) -> None:
        self._tell(["Stopping..."])
        self._client.control(GENERATOR, "stop")
        asked = self._clock()
        while (state := self._watch.look()) is not State.STOPPED:
            if self._clock() - asked > STOP_SECONDS:
                told = state or "silent"
                raise GenerationEndedError(f"The generator is still {told} {STOP_SECONDS:g} s after it was stopped.")
            self._stop.wait(LOOK_EVERY)

    def _tell_news(self) -> None:
        if self._watch.figures is not None:
            self._tell(self._story.news(self._watch.figures, self._seconds()))
        # Once while it lasts: it is the same at every look.
        if self._watch.trouble is not None and self._watch.trouble != self._told_trouble:
            self._tell([self._watch.trouble], WARNING)
        self._told_trouble = self._watch.trouble

    def _tell(self, lines: Iterable[str], prefix: str = INFO) -> None:
        for line in lines:
            self._say(prefix + printable(line))

    def _seconds(self) -> float:
        return self._clock() - self._began
