"""`make demo`: a stack of its own, generated events through all of it, and the proof that none is missing."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from shoplake_contracts.errors import AuditFailed

from shoplake_cli.catching_up import STAGES, Lag, bars, refuse_failed, wait_until
from shoplake_cli.client import Client
from shoplake_cli.demo_report import show_report
from shoplake_cli.stack.down import bring_down
from shoplake_cli.stack.layout import Home
from shoplake_cli.stack.ports import Ports
from shoplake_cli.stack.services import GENERATOR
from shoplake_cli.stack.up import run_detached

GENERATED = "generated"
# A shop's traffic has faults: a demo without them would not show where they go.
DEFECTS = {"invalid_ratio": 0.01, "duplicate_ratio": 0.01}


@dataclass(frozen=True)
class Wanted:
    """What the demo was asked for; `keep` leaves the stack up afterwards."""

    events: int
    keep: bool


def demo_home(folder: Path | None) -> Home:
    """The folder of the demo: the named one, else `demo` inside the default home, emptied of an earlier demo."""
    if folder is not None:
        return Home.at(folder)
    home = Home(Home.at().root / "demo")
    bring_down(home, lambda _: None)
    home.remove()
    return home


def run_demo(home: Home, wanted: Wanted, console: Console) -> None:
    """Start, generate, wait, show, stop.

    Raises:
        AuditFailed: an event is missing or was doubled.
        ShoplakeError: anything else that kept the demo from its end.
    """
    well_known = not Ports().busy()
    arguments = ["--no-generator", *(["--well-known-ports"] if well_known else [])]
    console.print(f"Starting Kafka and five services under {home.root} (about a minute) …", soft_wrap=True)
    state = run_detached(home, arguments, console.out, dies_with_parent=not wanted.keep)
    client = Client(state.ports)
    try:
        _feed(client, wanted.events, console)
        accounting = client.accounting()
        show_report(home.lake(), accounting, console)
        check(accounting["total"], wanted.events)
    finally:
        client.close()
        if not wanted.keep:
            bring_down(home, console.out)
    console.print(_last_words(home, keep=wanted.keep), soft_wrap=True)


def check(total: Mapping[str, int], events: int) -> None:
    """Hold the demo to its promise.

    Raises:
        AuditFailed: something is unaccounted for, or did not arrive.
    """
    if total["unaccounted"]:
        raise AuditFailed(f"{total['unaccounted']:,} events are unaccounted for.")
    if total["in_flight"] or total["produced"] < events:
        raise AuditFailed(f"{total['produced']:,} of {events:,} events arrived, {total['in_flight']:,} are in flight.")


def _feed(client: Client, events: int, console: Console) -> None:
    before = Lag.of(client.lag()).end.total()
    console.print(f"Generating {events:,} events, as fast as it goes; bronze, silver and gold follow:")
    client.control(GENERATOR, "start", {"num_events": events, "rate": 0, **DEFECTS})
    with bars(console, events, first=GENERATED) as shown:

        def look() -> tuple[bool, object]:
            refuse_failed(client)
            details = client.status(GENERATOR)["details"]
            sent = int(details.get("acknowledged", 0))
            shown.show(GENERATED, sent)
            lag = Lag.of(client.lag())
            reached = {stage: lag.reached(stage) - before for stage in STAGES}
            for stage, done in reached.items():
                shown.show(stage, done)
            complete = bool(details.get("done")) and sent >= events and not any(lag.behind.values())
            return complete and not client.accounting()["total"]["in_flight"], (sent, reached)

        wait_until(look)


def _last_words(home: Home, *, keep: bool) -> str:
    if keep:
        return f"The stack stays up: shoplake status --home {home.root}"
    return f'The tables stay: shoplake sql --home {home.root} "FROM iceberg.gold.daily_sales_summary"'
