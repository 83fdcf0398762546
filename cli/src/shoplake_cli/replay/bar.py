"""Shows a running replay: a bar with rate and time left on a terminal, a line now and then in a log."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from rich.console import Console
from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars

from .report import Progress, ProgressCallback

LINE_EVERY_SECONDS = 30.0


@contextmanager
def shown(console: Console, name: str) -> Iterator[ProgressCallback]:
    """Give what is to be told of the progress of reading the file of this name."""
    if not console.is_terminal:
        yield _Lines(console, name).tell
        return
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[told]}", markup=False),
        TimeElapsedColumn(),
    )
    with Bars(*columns, console=console) as bars:
        task = bars.add_task(name, total=None, told="")
        yield lambda progress: bars.update(
            task, completed=progress.bytes_read, total=progress.bytes_total, told=told(progress)
        )


def told(progress: Progress) -> str:
    """Events, rate and time left."""
    left = "" if progress.seconds_left is None else f", {timedelta(seconds=round(progress.seconds_left))} left"
    return f"{progress.sent:,} events, {progress.rate:,.0f}/s{left}"


class _Lines:
    """A line every half minute of a replay that takes so long."""

    def __init__(self, console: Console, name: str) -> None:
        self._console = console
        self._name = name
        self._next = LINE_EVERY_SECONDS

    def tell(self, progress: Progress) -> None:
        if progress.seconds < self._next:
            return
        self._next = progress.seconds + LINE_EVERY_SECONDS
        share = progress.bytes_read / progress.bytes_total if progress.bytes_total else 1.0
        self._console.out(f"{self._name}: {share:.0%}, {told(progress)}", highlight=False)
