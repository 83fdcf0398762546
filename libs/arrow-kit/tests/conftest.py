"""One real broker for all tests that need it."""

import subprocess
import time
from collections.abc import Iterator

import pytest
from shoplake_cli.jars.cache import require
from shoplake_cli.java import find_java
from shoplake_cli.stack import broker
from shoplake_cli.stack.layout import Home
from shoplake_cli.stack.ports import Ports


@pytest.fixture(scope="session")
def bootstrap(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of the embedded stack's broker, started for this run."""
    home, ports, java, jars = Home.at(tmp_path_factory.mktemp("broker")), Ports.free(), find_java(), require()
    home.make()
    broker.prepare(home, ports, java, jars)
    with (home.root / "kafka.log").open("wb") as log:
        process = subprocess.Popen(broker.command(home, java, jars), stdout=log, stderr=log)
        try:
            deadline = time.monotonic() + 90
            while not broker.answers(ports.bootstrap):
                assert process.poll() is None, (home.root / "kafka.log").read_text()[-3000:]
                assert time.monotonic() < deadline, "the broker did not answer within 90 s"
            yield ports.bootstrap
        finally:
            process.kill()
            process.wait()
