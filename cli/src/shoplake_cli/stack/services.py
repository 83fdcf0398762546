"""The five services as the stack runs them: names, ports, command lines, and the one place where their env is built."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from shoplake_cli.jars import class_archive
from shoplake_cli.stack.layout import Home
from shoplake_cli.stack.ports import HOST, Ports

KAFKA = "kafka"
STOP_GRACE = 30.0
"""Seconds a process has to finish what it has in hand before it is killed."""

# They would put another Spark in the place of the installed one.
FOREIGN = frozenset({"SPARK_HOME", "SPARK_CONF_DIR", "PYSPARK_SUBMIT_ARGS"})


@dataclass(frozen=True)
class Service:
    """One service of the stack.

    Attributes:
        name: as in logs and status.
        module: what is run.
        prefix: of its routes.
        port: its name in `Ports`.
        heap: of its JVM in Spark's notation, measured to be enough on a laptop; None for a service without one.
    """

    name: str
    module: str
    prefix: str
    port: str
    heap: str | None = None

    @property
    def short(self) -> str:
        """The name a person types: `bronze` for `bronze-ingest`."""
        return self.prefix.strip("/")

    def url(self, ports: Ports) -> str:
        """Where it answers."""
        return f"http://{HOST}:{ports.to_dict()[self.port]}"

    def command(self) -> list[str]:
        """Its command line, in the Python that runs this."""
        return [sys.executable, "-m", self.module]


HEALTH = Service("health", "health.main", "/health", "health")
GENERATOR = Service("generator", "generator.main", "/generator", "generator")
BRONZE = Service("bronze-ingest", "bronze_ingest.main", "/bronze", "bronze")
SILVER = Service("silver-process", "silver_process.main", "/silver", "silver", heap="640m")
GOLD = Service("gold-batch", "gold_batch.main", "/gold", "gold", heap="512m")
SERVICES = (HEALTH, GENERATOR, BRONZE, SILVER, GOLD)


def named(name: str) -> Service | None:
    """The service with this name, short or long."""
    return next((service for service in SERVICES if name in (service.name, service.short)), None)


def shared_env(home: Home, ports: Ports, java_home: Path, jars: Path) -> dict[str, str]:
    """What every service of this stack is told."""
    return {
        "JAVA_HOME": str(java_home),
        "PYSPARK_PYTHON": sys.executable,
        "PYTHONUNBUFFERED": "1",
        # glibc gives every JVM thread an arena of its own: two are enough, and a stack is some hundred MB smaller.
        "MALLOC_ARENA_MAX": "2",
        "SHOPLAKE_KAFKA_BOOTSTRAP": ports.bootstrap,
        "SHOPLAKE_CATALOG": "sqlite",
        "SHOPLAKE_CATALOG_URI": home.catalog_uri,
        "SHOPLAKE_WAREHOUSE": home.warehouse_uri,
        "SHOPLAKE_SPARK_JARS_DIR": str(jars / "spark"),
        # It need not be there: a JVM starts without it, only slower.
        "SHOPLAKE_SPARK_CLASS_ARCHIVE": str(class_archive.place(java_home, jars)),
        # The service gives up a little before it would be killed, and can still say so.
        "SHOPLAKE_CONTROL_STOP_SECONDS": str(STOP_GRACE - 5),
        "SHOPLAKE_CONTROL_LOG_JSON": "false",
    }


def service_env(
    service: Service,
    home: Home,
    ports: Ports,
    shared: Mapping[str, str],
    overrides: Mapping[str, str],
    outer: Mapping[str, str],
) -> dict[str, str]:
    """The whole environment of one service.

    The stack's own addresses win over the outer environment, which may be set for another stack; what was given on the
    command line (`overrides`) wins over both.
    """
    own = {f"{service.short.upper()}_PORT": str(ports.to_dict()[service.port])}
    if service.heap:
        own["SPARK_LOCAL_DIRS"] = str(home.scratch(service.name))
        own["SHOPLAKE_SPARK_DRIVER_MEMORY"] = outer.get("SHOPLAKE_SPARK_DRIVER_MEMORY", service.heap)
    if service is HEALTH:
        own |= {f"HEALTH_{peer.short.upper()}_URL": peer.url(ports) for peer in SERVICES if peer is not HEALTH}
    inherited = {key: value for key, value in outer.items() if key not in FOREIGN}
    return {**inherited, **shared, **own, **overrides}


def parse_overrides(pairs: Sequence[str]) -> dict[str, str]:
    """`KEY=VALUE` pairs of the command line.

    Raises:
        ValueError: a pair has no `=` or no key; the message names it.
    """
    for pair in pairs:
        if not pair.partition("=")[0] or "=" not in pair:
            raise ValueError(f"{pair!r} is not KEY=VALUE")
    return {key: value for key, _, value in (pair.partition("=") for pair in pairs)}
