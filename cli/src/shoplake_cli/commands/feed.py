"""demo, replay: sending events through the stack."""

from pathlib import Path
from typing import Annotated

import typer

from shoplake_cli.commands.options import HomeOption, console
from shoplake_cli.replay.built_in import names
from shoplake_cli.stack.layout import Home
from shoplake_cli.stack.state import require_running


def demo(
    *,
    events: Annotated[int, typer.Option(min=1, help="How many events are generated")] = 50_000,
    home: HomeOption = None,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the stack up afterwards")] = False,
) -> None:
    """Start a stack of its own, send generated events through all of it, show the figures, stop.

    Exit code 0 only if every event arrived and none is unaccounted for. The tables stay under .shoplake/demo until the
    next demo.
    """
    from shoplake_cli.demo import Wanted, demo_home, run_demo  # noqa: PLC0415 - PyIceberg and DuckDB take a second

    run_demo(demo_home(home), Wanted(events, keep), console)


def replay(
    mapping: Annotated[
        str,
        typer.Argument(
            metavar="MAPPING", help=f"Which data set it is: {', '.join(names())}; or the path of a mapping file, .yaml"
        ),
    ],
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="Its file, .gz or not")],
    *,
    speed: Annotated[str, typer.Option(help="How many times faster than it happened, or max")] = "max",
    wait: Annotated[bool, typer.Option("--wait", help="Return when gold holds all that was sent")] = False,
    base_currency: Annotated[
        str | None,
        typer.Option(metavar="CODE", help="First make this the currency of gold's totals", show_default=False),
    ] = None,
    home: HomeOption = None,
) -> None:
    """Send a real data set through the running stack as events.

    Event ids come from the content's place in the file: a second replay sends the same ids, and changes no figure.
    Lines that cannot be read are sent as they are, counted, and the first of them shown.

    Example: shoplake replay uci-online-retail online-retail.csv.gz --base-currency GBP --wait

    A data set of your own: shoplake replay my-shop.yaml my-shop.csv; docs/reference/replay-mappings.md describes the
    file.
    """
    from shoplake_cli.replay.loading import load  # noqa: PLC0415 - Kafka's client is for this command
    from shoplake_cli.replaying import Replaying, replay_into  # noqa: PLC0415 - so it is here

    wanted = Replaying(load(mapping), file, parse_speed(speed), wait, base_currency)
    replay_into(require_running(Home.at(home)).ports, wanted, console)


def parse_speed(text: str) -> float | None:
    """A factor above 0; None for `max`.

    Raises:
        typer.BadParameter: it is neither.
    """
    if text == "max":
        return None
    try:
        speed = float(text)
    except ValueError:
        speed = 0.0
    if not speed > 0:
        raise typer.BadParameter(f"{text!r} is neither a number above 0 nor max", param_hint="--speed")
    return speed
