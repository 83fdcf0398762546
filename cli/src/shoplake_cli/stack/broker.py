"""The broker of the stack: a real Kafka in KRaft mode, one small JVM that is broker and controller at once."""

import asyncio
import base64
import logging
import subprocess
import uuid
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError
from shoplake_contracts.errors import StartFailed

from shoplake_cli.java import Java
from shoplake_cli.stack.layout import Home
from shoplake_cli.stack.ports import HOST, Ports

HEAP = ("-Xms256m", "-Xmx512m", "-XX:+UseSerialGC")
LOG4J = Path(__file__).with_name("log4j2.properties")
# An event may have 1 MiB; its batch adds headers, and a bad one must arrive to be quarantined.
MAX_MESSAGE_BYTES = 4 * 1024 * 1024


def properties(home: Home, ports: Ports) -> Mapping[str, str]:
    """The broker's whole config: one node, on loopback only, every internal topic with one replica."""
    return {
        "process.roles": "broker,controller",
        "node.id": "1",
        # Voters by address, not by the format's snapshot: the ports of a home may change from start to start.
        "controller.quorum.voters": f"1@{HOST}:{ports.controller}",
        "controller.listener.names": "CONTROLLER",
        "listeners": f"PLAINTEXT://{HOST}:{ports.kafka},CONTROLLER://{HOST}:{ports.controller}",
        "advertised.listeners": f"PLAINTEXT://{HOST}:{ports.kafka}",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "log.dirs": str(home.kafka / "data"),
        "auto.create.topics.enable": "false",
        "message.max.bytes": str(MAX_MESSAGE_BYTES),
        "replica.fetch.max.bytes": str(MAX_MESSAGE_BYTES),
        "default.replication.factor": "1",
        "min.insync.replicas": "1",
        "offsets.topic.replication.factor": "1",
        "offsets.topic.num.partitions": "1",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "transaction.state.log.num.partitions": "1",
        "share.coordinator.state.topic.replication.factor": "1",
        "share.coordinator.state.topic.min.isr": "1",
        "share.coordinator.state.topic.num.partitions": "1",
        "group.initial.rebalance.delay.ms": "0",
        "num.network.threads": "2",
        "num.io.threads": "4",
        "log.cleaner.dedupe.buffer.size": str(16 * 1024 * 1024),
    }


def prepare(home: Home, ports: Ports, java: Java, jars: Path) -> None:
    """Write the config; format the storage the first time.

    Raises:
        StartFailed: Kafka's own tool refused; the message carries its words.
    """
    config = _config_file(home)
    config.write_text("".join(f"{key}={value}\n" for key, value in properties(home, ports).items()))
    if (home.kafka / "data" / "meta.properties").exists():
        return
    # A leading dash would read as an option.
    identity = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=").replace("-", "A")
    argv = [*_jvm(java, jars), "kafka.tools.StorageTool", "format", "-t", identity, "-c", str(config)]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    if done.returncode:
        raise StartFailed(f"Kafka's storage could not be formatted: {(done.stderr or done.stdout).strip()[-600:]}")


def command(home: Home, java: Java, jars: Path) -> list[str]:
    """The broker's command line."""
    return [*_jvm(java, jars), "kafka.Kafka", str(_config_file(home))]


def answers(bootstrap: str) -> bool:
    """Whether the broker answers a request for metadata."""
    # Refused connections are what is being waited out here, not news.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    return asyncio.run(_answers(bootstrap))


async def _answers(bootstrap: str) -> bool:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=2000)
    try:
        async with asyncio.timeout(3):
            await admin.start()
            await admin.list_topics()
    except (KafkaError, OSError, TimeoutError):
        return False
    finally:
        with suppress(KafkaError, OSError):
            await admin.close()
    return True


def _jvm(java: Java, jars: Path) -> list[str]:
    return [
        str(java.program),
        *HEAP,
        "-Djava.awt.headless=true",
        f"-Dlog4j2.configurationFile={LOG4J}",
        *("-cp", f"{jars / 'broker'}/*"),
    ]


def _config_file(home: Home) -> Path:
    return home.kafka / "server.properties"
