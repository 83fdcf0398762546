"""up, down, status, clean: the stack as a whole."""

import json
from typing import Annotated, Any

import typer
from rich import box
from rich.table import Table
from shoplake_contracts.errors import StackRunning, StartFailed

from shoplake_cli.commands.options import HomeOption, JsonOption, console, say
from shoplake_cli.stack.down import bring_down
from shoplake_cli.stack.layout import Home
from shoplake_cli.stack.ports import choose
from shoplake_cli.stack.services import parse_overrides
from shoplake_cli.stack.state import running
from shoplake_cli.status import status


def up(
    *,
    home: HomeOption = None,
    detach: Annotated[
        bool, typer.Option("--detach", help="Return when it is ready; stop it with shoplake down")
    ] = False,
    port_base: Annotated[
        int | None, typer.Option(min=1024, max=65_000, help="Listen on this port and the six after it")
    ] = None,
    well_known_ports: Annotated[bool, typer.Option("--well-known-ports", hidden=True)] = False,
    no_generator: Annotated[bool, typer.Option("--no-generator", help="Do not start the event generator")] = False,
    rate: Annotated[
        float | None, typer.Option(min=0, help="Events per second of the generator; 0: as fast as it goes")
    ] = None,
    env: Annotated[
        list[str] | None, typer.Option(metavar="KEY=VALUE", help="Setting for every service; repeatable")
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Only the status line; the logs are in the home")] = False,
) -> None:
    """Start Kafka and the five services under one folder, and keep them up.

    Ends on Ctrl-C: batches in hand are finished, nothing is left running. The default home has the well-known ports
    (8100 to 8104, Kafka 9092); another home gets free ones, which shoplake status tells.

    For example:

        shoplake up --rate 200

        shoplake up --detach --home second --env SHOPLAKE_BASE_CURRENCY=GBP
    """
    from shoplake_cli.stack.stack import Wishes  # noqa: PLC0415 - Kafka's client is needed by this command only
    from shoplake_cli.stack.up import run_detached, run_here  # noqa: PLC0415 - as above

    where = Home.at(home)
    try:
        overrides = parse_overrides(env or [])
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--env") from error
    if detach:
        options = [("--port-base", port_base), ("--rate", rate), *(("--env", pair) for pair in env or [])]
        arguments = [str(part) for option in options if option[1] is not None for part in option]
        arguments += ["--no-generator"] * no_generator + ["--well-known-ports"] * where.is_default
        run_detached(where, arguments, say)
        require_none_failed(status(where))
        return
    ports = choose(well_known=where.is_default or well_known_ports, base=port_base)
    run_here(where, ports, Wishes(generator=not no_generator, rate=rate, env=overrides), console, quiet=quiet)


def down(*, home: HomeOption = None) -> None:
    """Stop the stack of a home and wait until all of it is gone. Does nothing if nothing runs."""
    where = Home.at(home)
    say("stopped" if bring_down(where, say) else f"nothing runs under {where.root}")


def show_status(*, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Name, state, pid and port of Kafka and every service."""
    found = status(Home.at(home))
    if as_json:
        say(json.dumps(found, indent=1))
    else:
        console.print(_drawn(found))


def clean(*, home: HomeOption = None) -> None:
    """Remove everything a stack left under its home: events, tables, logs. The stack must be down."""
    where = Home.at(home)
    if running(where) or running(Home(where.root / "demo")):
        raise StackRunning(f"A stack runs under {where.root}.", remedy="Stop it first: shoplake down.")
    say(f"removed what was under {where.root}" if where.remove() else f"nothing to remove under {where.root}")


def require_none_failed(found: dict[str, Any]) -> None:
    """Tell a script that starts a stack of a service that refuses to work; the stack stays up to be looked at.

    Raises:
        StartFailed: a service is FAILED.
    """
    failed = [service for service in found["services"] if service["state"] == "FAILED"]
    if failed:
        told = "; ".join(f"{service['name']} is FAILED: {service['error']['message']}" for service in failed)
        raise StartFailed(f"The stack is up, but {told}", remedy=failed[0]["error"]["remedy"])


def _drawn(found: dict[str, Any]) -> Table:
    drawn = Table(title=f"{found['home']}: {found['phase']}", box=box.SIMPLE_HEAD, title_justify="left")
    for column in ("name", "state"):
        drawn.add_column(column)
    for column in ("pid", "port", "restarts"):
        drawn.add_column(column, justify="right")
    drawn.add_column("error")
    for service in found["services"]:
        message = str((service["error"] or {}).get("message", "")).partition("\n")[0]
        cells = (service["pid"], service["port"], service["restarts"], message)
        drawn.add_row(service["name"], service["state"], *("" if cell is None else str(cell) for cell in cells))
    return drawn
