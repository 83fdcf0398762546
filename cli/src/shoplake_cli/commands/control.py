"""start, stop, pause, resume, restart: one service or the two that make the streaming job, over the control API."""

from enum import StrEnum
from typing import Annotated

import typer

from shoplake_cli.client import Client
from shoplake_cli.commands.options import HomeOption, say
from shoplake_cli.stack.layout import Home
from shoplake_cli.stack.services import BRONZE, SERVICES, SILVER, Service, named
from shoplake_cli.stack.state import require_running


class JobType(StrEnum):
    """The streaming job's parts: Kafka to bronze, bronze to silver, or both."""

    BOTH = "both"
    INGESTION = "ingestion"
    PROCESSING = "processing"


PARTS = {JobType.BOTH: (BRONZE, SILVER), JobType.INGESTION: (BRONZE,), JobType.PROCESSING: (SILVER,)}
ServiceArgument = Annotated[
    str | None,
    typer.Argument(metavar="[SERVICE]", help="generator, bronze, silver, gold or health", show_default=False),
]
JobTypeOption = Annotated[
    JobType | None, typer.Option("--job-type", help="Instead of a service: the streaming job", show_default=False)
]


def start(service: ServiceArgument = None, *, job_type: JobTypeOption = None, home: HomeOption = None) -> None:
    """Make a service of the running stack do its work."""
    _each("start", service, job_type, home)


def stop(service: ServiceArgument = None, *, job_type: JobTypeOption = None, home: HomeOption = None) -> None:
    """Let a service finish its batch and rest; its process stays up. The whole stack: shoplake down."""
    _each("stop", service, job_type, home)


def pause(service: ServiceArgument = None, *, job_type: JobTypeOption = None, home: HomeOption = None) -> None:
    """Hold a service after its batch in hand, with everything kept open."""
    _each("pause", service, job_type, home)


def resume(service: ServiceArgument = None, *, job_type: JobTypeOption = None, home: HomeOption = None) -> None:
    """Go on after a pause."""
    _each("resume", service, job_type, home)


def restart(service: ServiceArgument = None, *, job_type: JobTypeOption = None, home: HomeOption = None) -> None:
    """Stop and start a service's work: the way on after FAILED, once its reason is mended."""
    _each("restart", service, job_type, home)


def targets(service: str | None, job_type: JobType | None) -> tuple[Service, ...]:
    """The services that are meant.

    Raises:
        typer.BadParameter: none or both ways of naming them were used, or there is no such service.
    """
    if (service is None) == (job_type is None):
        raise typer.BadParameter("name a service or give --job-type, one of the two")
    if job_type is not None:
        return PARTS[job_type]
    found = named(service or "")
    if found is None:
        raise typer.BadParameter(f"there is no service {service!r}; there are {', '.join(s.name for s in SERVICES)}")
    return (found,)


def _each(verb: str, service: str | None, job_type: JobType | None, home: HomeOption) -> None:
    meant = targets(service, job_type)
    client = Client(require_running(Home.at(home)).ports)
    for one in meant:
        say(f"{one.name}: {client.control(one, verb)['state']}")
