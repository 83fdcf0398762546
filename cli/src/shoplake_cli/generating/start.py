"""Starts a run, and leaves alone one that goes on already: two people do not share a generator."""

from collections.abc import Mapping
from typing import Any

from shoplake_contracts.errors import RequestError
from shoplake_contracts.states import State

from shoplake_cli.client import Client
from shoplake_cli.stack.services import GENERATOR

from .figures import Figures
from .wanted import Wanted

AT_REST = (State.STOPPED, State.FAILED)


class GeneratorBusyError(RequestError):
    """The generator is at work for somebody else."""

    code = "generator_busy"
    remedy = "Stop it with shoplake stop generator, then ask again. shoplake up --no-generator starts none."


def begin(client: Client, wanted: Wanted) -> str | None:
    """Start a run; returns the id of the one before it, whose figures the service shows until the new one has some.

    Raises:
        GeneratorBusyError: it is at work.
        RequestError: it refuses the config.
        ServiceDown: it does not answer.
    """
    # Asked for before: a start with the config that it runs with already would be granted.
    before = client.status(GENERATOR)
    _require_rest(before)
    try:
        client.control(GENERATOR, "start", wanted.config())
    except RequestError:
        _require_rest(client.status(GENERATOR))
        raise
    last = Figures.of(before["details"])
    return last.run_id if last else None


def _require_rest(status: Mapping[str, Any]) -> None:
    if status["state"] in AT_REST:
        return
    figures = Figures.of(status["details"])
    doing = f": run {figures.run_id}, {figures.sent:,} events so far" if figures else ""
    raise GeneratorBusyError(f"The generator is {status['state']} already{doing}.")
