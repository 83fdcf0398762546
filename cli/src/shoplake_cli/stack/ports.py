"""Which ports a stack listens on, and whether they are free, before anything is started."""

import random
import socket
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from typing import Any

import psutil  # type: ignore[import-untyped]  # its stubs are a package of their own
from shoplake_contracts.errors import PortInUse

HOST = "127.0.0.1"
# Below the range from which systems take ports for outgoing connections: one of those could come in between.
FREE_RANGE = range(20_000, 32_000)


@dataclass(frozen=True)
class Ports:
    """One port per listener; the defaults are the documented ones."""

    health: int = 8100
    generator: int = 8101
    bronze: int = 8102
    silver: int = 8103
    gold: int = 8104
    kafka: int = 9092
    controller: int = 9093

    @classmethod
    def from_base(cls, base: int) -> "Ports":
        """Consecutive ports from `base`, in the order above."""
        return cls(*range(base, base + len(fields(cls))))

    @classmethod
    def free(cls, rng: random.Random | None = None) -> "Ports":
        """Ports on which nothing listens at this moment."""
        rng = rng or random.SystemRandom()
        found: set[int] = set()
        while len(found) < len(fields(cls)):
            port = rng.choice(FREE_RANGE)
            if is_free(port):
                found.add(port)
        return cls(*sorted(found))

    @property
    def bootstrap(self) -> str:
        """The broker's address."""
        return f"{HOST}:{self.kafka}"

    def to_dict(self) -> dict[str, int]:
        """Listener to port."""
        return asdict(self)

    def busy(self) -> dict[str, int]:
        """The listeners whose port is taken."""
        return {name: port for name, port in self.to_dict().items() if not is_free(port)}


def choose(*, well_known: bool, base: int | None) -> Ports:
    """The ports of a stack: consecutive from a base, else the well-known ones or free ones."""
    if base is not None:
        return Ports.from_base(base)
    return Ports() if well_known else Ports.free()


def require_free(ports: Ports, owner: Callable[[int], str] | None = None) -> None:
    """Refuse to start on ports that are taken.

    Args:
        ports: What the stack will listen on.
        owner: tells who listens on a port.

    Raises:
        PortInUse: names every such port and who has it.
    """
    taken = ports.busy()
    if taken:
        told = [f"port {port} (for {name}) is taken by {(owner or listener)(port)}" for name, port in taken.items()]
        raise PortInUse(f"{'; '.join(told)}.")


def is_free(port: int) -> bool:
    """Whether a server could listen on the port now."""
    with socket.socket() as probe:
        # As servers do it: connections that are still being closed are no obstacle.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def listener(port: int) -> str:
    """Who listens on a port, as far as this user may know."""
    try:
        found = [connection for connection in psutil.net_connections("tcp") if _listens(connection, port)]
        pid = next((connection.pid for connection in found if connection.pid), None)
        return "another user's process" if pid is None else f"{psutil.Process(pid).name()} (pid {pid})"
    except psutil.Error:
        return "another process"


def _listens(connection: Any, port: int) -> bool:
    return bool(connection.status == psutil.CONN_LISTEN and connection.laddr and connection.laddr.port == port)
