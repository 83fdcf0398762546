"""generate: a shop's traffic from the generator of the running stack, told as the guide's script tells it."""

from typing import Annotated

import typer

from shoplake_cli.client import Client
from shoplake_cli.commands.options import HomeOption, say
from shoplake_cli.generating.generation import generate as run_generator
from shoplake_cli.generating.stop_signals import StopSignals
from shoplake_cli.generating.wanted import Wanted
from shoplake_cli.stack.layout import Home
from shoplake_cli.stack.state import require_running

MOST_DAYS = 3_650
MOST_DELAY = 3_600
MOST_SHARE = 0.5


def generate(  # noqa: PLR0913 - each is an option, given by name
    *,
    continuous: Annotated[bool, typer.Option("--continuous", "-c", help="Go on until Ctrl-C")] = False,
    num_events: Annotated[int, typer.Option(min=1, help="How many events; ignored with --continuous")] = 1000,
    delay: Annotated[
        float, typer.Option(min=0, max=MOST_DELAY, help="Seconds between events; 0: as fast as it goes")
    ] = 0.1,
    scenario: Annotated[
        str | None, typer.Option(metavar="NAME", help="A named day, such as flash-sale", show_default=False)
    ] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, help="Decides what happens; else another one each run", show_default=False)
    ] = None,
    days: Annotated[
        float | None,
        typer.Option(
            min=0, max=MOST_DAYS, help="Spread the events over so many past days, at once", show_default=False
        ),
    ] = None,
    mirror: Annotated[bool, typer.Option("--mirror/--no-mirror", help="Send all to raw-events as well")] = False,
    invalid: Annotated[
        float | None,
        typer.Option(min=0, max=MOST_SHARE, metavar="SHARE", help="Part of them spoilt, 0 to 0.5", show_default=False),
    ] = None,
    duplicates: Annotated[
        float | None,
        typer.Option(min=0, max=MOST_SHARE, metavar="SHARE", help="Part of them sent twice", show_default=False),
    ] = None,
    home: HomeOption = None,
) -> None:
    """Generate a shop's events with the generator of the running stack.

    Without options 1000 events, ten a second. Ctrl-C stops the generator and sums up, with exit code 0; a second one
    ends at once and lets it go on. What can be asked for, and what must come of it: docs/reference/generate.md.

    For example:

        shoplake generate --continuous

        shoplake generate --continuous --delay 0.05

        shoplake generate --num-events 500 --delay 0.2

        shoplake generate --num-events 100000 --days 30 --invalid 0.01 --duplicates 0.01

        shoplake generate --continuous --scenario flash-sale --seed 7
    """
    if continuous and days is not None:
        raise typer.BadParameter("goes with a number of events, not with --continuous", param_hint="--days")
    events = None if continuous else num_events
    wanted = Wanted(events, delay, scenario, seed, days, mirror, invalid, duplicates)
    client = Client(require_running(Home.at(home)).ports)
    with StopSignals() as stop:
        run_generator(client, wanted, say, stop)
