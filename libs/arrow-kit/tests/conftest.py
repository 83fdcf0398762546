"""A lake of this kit's own making, on SQLite, and one real broker for all tests that need it."""

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyiceberg.catalog import Catalog
from shoplake_arrow_kit.catalog import open_writable
from shoplake_arrow_kit.iceberg_table import IcebergTable
from shoplake_arrow_kit.tables import ensure_tables
from shoplake_cli.jars.cache import require
from shoplake_cli.java import find_java
from shoplake_cli.stack import broker
from shoplake_cli.stack.layout import Home
from shoplake_cli.stack.ports import Ports
from shoplake_lake_kit.ports import Role
from shoplake_lake_kit.settings import LakeSettings

from .raw import RAW


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    """An empty catalog with `bronze.raw_events`."""
    settings = LakeSettings(catalog_uri=f"sqlite:///{tmp_path}/catalog.db", warehouse=f"file://{tmp_path}/warehouse")
    opened = open_writable(settings)
    ensure_tables(opened, [RAW])
    yield opened
    opened.close()


@pytest.fixture
def table(catalog: Catalog) -> IcebergTable:
    """The table as bronze's stage holds it."""
    return IcebergTable(catalog, RAW, role=Role.OUT, group="main")


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
