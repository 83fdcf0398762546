"""`shoplake replay`: a data set into the running stack, and the wait until gold holds it."""

from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from shoplake_lake_kit.vector import Position
from shoplake_service_kit.settings import KafkaSettings

from shoplake_cli.catching_up import wait_for_gold
from shoplake_cli.client import Client
from shoplake_cli.replay.bar import shown
from shoplake_cli.replay.command import run_replay
from shoplake_cli.replay.mapping import Mapping
from shoplake_cli.replay.report import Report
from shoplake_cli.stack.output import printable
from shoplake_cli.stack.ports import Ports
from shoplake_cli.stack.services import GOLD


@dataclass(frozen=True)
class Replaying:
    """What is asked for; `speed` None is as fast as it goes."""

    mapping: Mapping
    file: Path
    speed: float | None
    wait: bool
    base_currency: str | None


def replay_into(ports: Ports, wanted: Replaying, console: Console) -> None:
    """Set gold's currency if asked, send the file, say what was sent, wait if asked."""
    client = Client(ports)
    if wanted.base_currency is not None:
        set_base_currency(client, wanted.base_currency)
        console.print(f"gold's totals are in {wanted.base_currency} from now on")
    kafka = KafkaSettings(bootstrap=ports.bootstrap)
    with shown(console, wanted.file.name) as tell:
        report = run_replay(kafka, wanted.file, wanted.mapping, wanted.speed, tell)
    for line in told(report):
        console.out(printable(line), highlight=False)
    if wanted.wait:
        wait_for_gold(client, reached(report), console)
        console.print("gold holds all that was sent")


def set_base_currency(client: Client, currency: str) -> None:
    """Tell the running gold service in which currency its totals are from now on; the rest of its config stays."""
    config = client.get(GOLD, f"{GOLD.prefix}/config")
    client.put(GOLD, f"{GOLD.prefix}/config", {**config, "base_currency": currency})


def reached(report: Report) -> Position:
    """The position right after everything that was sent."""
    return Position.from_items((topic, partition, end) for (topic, partition), end in report.ends.items())


def told(report: Report) -> list[str]:
    """What was sent; then what of it went as it is, and the first rows that could not be read, a line each."""
    types = ", ".join(f"{count:,} {name}" for name, count in sorted(report.event_types.items()))
    lines = [f"{report.total:,} events sent in {report.seconds:.1f} s from {report.lines:,} lines: {types}"]
    if report.as_they_are:
        no_rule = report.as_they_are - report.bad_rows
        lines.append(
            f"{report.as_they_are:,} lines went to raw-events as they are: "
            f"{no_rule:,} that no rule takes, {report.bad_rows:,} that could not be read"
        )
    lines += [f"  line {bad.line}: {bad.why}" for bad in report.first_bad_rows]
    if report.bad_rows > len(report.first_bad_rows):
        lines.append(f"  … and {report.bad_rows - len(report.first_bad_rows):,} more")
    return lines
