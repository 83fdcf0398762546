"""A broker without a stack around it: for tests and benchmarks that need Kafka and nothing else."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shoplake_contracts.errors import StartFailed

from shoplake_cli.jars.cache import require
from shoplake_cli.java import find_java
from shoplake_cli.stack import broker
from shoplake_cli.stack.layout import Home
from shoplake_cli.stack.ports import Ports

STARTS_WITHIN = 90.0


@contextmanager
def lone_broker(folder: Path) -> Iterator[str]:
    """A broker whose data are in the folder, on free ports; gives its address, and ends it afterwards.

    Raises:
        StartFailed: it ended or did not answer; carries its last words.
    """
    home, ports, java, jars = Home.at(folder), Ports.free(), find_java(), require()
    home.make()
    broker.prepare(home, ports, java, jars)
    said = home.root / "kafka.log"
    with said.open("wb") as log:
        process = subprocess.Popen(broker.command(home, java, jars), stdout=log, stderr=log)
        try:
            deadline = time.monotonic() + STARTS_WITHIN
            while not broker.answers(ports.bootstrap):
                if process.poll() is not None or time.monotonic() > deadline:
                    raise StartFailed(f"The broker does not answer: {said.read_text()[-3_000:]}")
            yield ports.bootstrap
        finally:
            process.kill()
            process.wait()
