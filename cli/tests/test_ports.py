"""Ports are checked before anything starts, and a taken one is told with its owner."""

import os
import random
import socket
from collections.abc import Iterator

import pytest
from shoplake_cli.stack.ports import Ports, choose, is_free, listener, require_free
from shoplake_contracts.errors import PortInUse


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield int(server.getsockname()[1])


def test_a_taken_port_is_not_free(taken: int) -> None:
    assert not is_free(taken)


def test_the_message_names_port_purpose_and_process(taken: int) -> None:
    free = Ports.free(random.Random(7))
    ports = Ports(**{**free.to_dict(), "silver": taken})
    with pytest.raises(PortInUse) as refused:
        require_free(ports)
    assert f"port {taken} (for silver) is taken by" in refused.value.message
    assert f"(pid {os.getpid()})" in refused.value.message
    assert "--port-base" in refused.value.advice


def test_every_taken_port_is_named_at_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as two:
        first, second = one.getsockname()[1], two.getsockname()[1]
        ports = Ports(**{**Ports.free().to_dict(), "health": first, "kafka": second})
        with pytest.raises(PortInUse, match=rf"port {first} .* port {second} "):
            require_free(ports, owner=lambda _: "nginx")


def test_the_owner_of_a_port_without_listener_is_not_guessed() -> None:
    port = Ports.free().health
    assert listener(port) in ("another user's process", "another process")


def test_defaults_are_the_documented_ones() -> None:
    assert choose(well_known=True, base=None).to_dict() == {
        "health": 8100,
        "generator": 8101,
        "bronze": 8102,
        "silver": 8103,
        "gold": 8104,
        "kafka": 9092,
        "controller": 9093,
    }


def test_a_base_gives_consecutive_ports_also_for_the_default_home() -> None:
    assert list(choose(well_known=True, base=30_000).to_dict().values()) == list(range(30_000, 30_007))


def test_another_home_gets_seven_different_free_ports() -> None:
    ports = choose(well_known=False, base=None)
    assert len(set(ports.to_dict().values())) == 7
    assert ports.busy() == {}
