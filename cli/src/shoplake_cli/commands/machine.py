"""jars, archive-classes, preflight: getting this machine ready."""

from typing import Annotated

import typer
from rich import box
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table
from shoplake_contracts.errors import JarsInvalid

from shoplake_cli.commands.options import HomeOption, console, say
from shoplake_cli.jars import cache, class_archive
from shoplake_cli.jars.lock import LOCK_FILE, Lock
from shoplake_cli.java import find_java
from shoplake_cli.preflight import preflight
from shoplake_cli.stack.layout import Home


def jars(
    *, lock: Annotated[bool, typer.Option("--lock", help="Resolve ivy.xml anew and rewrite jars.lock")] = False
) -> None:
    """Fetch the jars of Kafka and Spark's connectors into the user's cache, once, and verify every one.

    They come by the Ivy inside PySpark's wheel. Behind a mirror, name an Ivy settings file in SHOPLAKE_IVY_SETTINGS.
    """
    try:
        if not lock:
            say(f"all jars are in {cache.require()}")
            return
    except JarsInvalid as reason:
        say(reason.message)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    expected = len(Lock.load().sums)
    say(f"fetching {expected} jars (110 MB) …")
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("jars", total=expected)

        def arrived(name: str) -> None:
            progress.update(task, advance=1, description=f"{name:<44.44}")

        if lock:
            say(f"{len(cache.relock(find_java().program, arrived).sums)} sums written to {LOCK_FILE}")
        else:
            where = cache.retrieve(find_java().program, arrived)
            progress.update(task, completed=expected, description="verified")
            say(f"all jars are in {where}")


def archive_classes() -> None:
    """Make Spark's JVMs start in half the time from now on: an archive of their classes, 200 MB in the user's cache.

    Takes a minute, once per version of Java and Shoplake. Without it everything works as well.
    """
    java, where = find_java(), cache.require()
    place = class_archive.place(java.home, where)
    if place.is_file():
        say(f"the archive is there: {place}")
        return
    say("running a small box to see which classes it takes; about a minute …")
    class_archive.make(java.home, where)
    say(f"{place.stat().st_size // 1_000_000} MB in {place}")


def show_preflight(*, home: HomeOption = None) -> None:
    """Check Java, jars, ports and disk; exit code 1 if something keeps a stack from starting."""
    findings = preflight(Home.at(home))
    drawn = Table(box=box.SIMPLE_HEAD, show_header=False)
    for finding in findings:
        mark = "[green]ok[/]" if finding.ok else "[red]no[/]"
        drawn.add_row(finding.name, mark, finding.says if finding.ok else f"{finding.says} {finding.remedy}")
    console.print(drawn)
    if not all(finding.ok for finding in findings):
        raise typer.Exit(1)
