"""audit, passport: proving that no event is missing, and following a single one."""

import json
from typing import Annotated, Any
from urllib.parse import quote, urlencode

import typer

from shoplake_cli.client import Client
from shoplake_cli.commands.options import HomeOption, JsonOption, console, say
from shoplake_cli.stack.layout import Home
from shoplake_cli.stack.services import HEALTH
from shoplake_cli.stack.state import require_running

PATIENCE = 60.0
"""Seconds for one answer: a passport looks into a dozen tables."""


def audit(
    *,
    topic: Annotated[
        list[str] | None, typer.Option("--topic", help="Only this topic; repeatable", show_default=False)
    ] = None,
    hours: Annotated[
        int | None, typer.Option(min=1, help="Only what arrived in the last so many hours", show_default=False)
    ] = None,
    as_json: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """Recount every address in bronze and silver, and name each event that is missing or there twice.

    Reads address columns only, beside the running pipeline: what is on its way is no alarm. Exit code 0 when it holds,
    1 when it does not. What the lists mean: docs/reference/audit.md.

    For example:

        shoplake audit

        shoplake audit --topic purchases --hours 24

        shoplake audit --json | jq .missing
    """
    from shoplake_cli.audit_report import report  # noqa: PLC0415 - keeps the other commands quick
    from shoplake_cli.auditing import run_audit  # noqa: PLC0415 - as above

    request: dict[str, Any] = {"topics": topic or None, "hours": hours}
    found = run_audit(Client(require_running(Home.at(home)).ports, timeout=PATIENCE), request)
    if as_json:
        say(json.dumps(found, indent=1))
    else:
        console.print(report(found))
    if not found["holds"]:
        raise typer.Exit(1)


def passport(
    event_id: Annotated[str | None, typer.Argument(metavar="[EVENT_ID]", help="The event's own id")] = None,
    *,
    topic: Annotated[str | None, typer.Option(help="Instead of an id: the event's topic", show_default=False)] = None,
    partition: Annotated[int | None, typer.Option(min=0, help="Its partition", show_default=False)] = None,
    offset: Annotated[int | None, typer.Option(min=0, help="Its offset", show_default=False)] = None,
    epoch: Annotated[int, typer.Option(min=0, help="Life of the topic, if it was made anew")] = 0,
    as_json: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """Follow one event: when it was produced, where it went and why, and how long each leg took.

    An id that occurs more than once gives a passport per occurrence; what is printed never holds the event's content.

    For example:

        shoplake passport 01924f5e-7d7b-7c3a-9f0e-3f8f3a3f6c11

        shoplake passport --topic purchases --partition 0 --offset 4711
    """
    from shoplake_cli.passport_report import report  # noqa: PLC0415 - keeps the other commands quick

    path = passport_path(event_id, {"topic": topic, "partition": partition, "offset": offset}, epoch)
    found = Client(require_running(Home.at(home)).ports, timeout=PATIENCE).get(HEALTH, path)
    if as_json:
        say(json.dumps(found, indent=1))
    else:
        console.print(report(found))


def passport_path(event_id: str | None, address: dict[str, str | int | None], epoch: int) -> str:
    """The path to ask for an event by its id or by its address.

    Raises:
        typer.BadParameter: neither or both were given, or the address is not whole.
    """
    given = [name for name, value in address.items() if value is not None]
    if (event_id is None) == (not given):
        raise typer.BadParameter("give an event's id, or --topic, --partition and --offset")
    if event_id is not None:
        return f"/health/events/{quote(event_id, safe='')}"
    if len(given) < len(address):
        missing = ", ".join(f"--{name}" for name in address if name not in given)
        raise typer.BadParameter(f"an address needs {missing} as well")
    return f"/health/events?{urlencode({**address, 'epoch': epoch})}"
