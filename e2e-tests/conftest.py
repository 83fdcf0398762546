"""Stacks for the tests: one shared by the quick tests of `make test`, others by themes of `make test-e2e`."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sender import Sender
from stack import Stack

UCI = Path(__file__).parents[2] / "shared/data/uci-online-retail"


def running(home: Path, **env: str) -> Iterator[Stack]:
    """A stack that is up for the length of a fixture and gone after it, whatever happened in between."""
    stack = Stack(home, env)
    try:
        stack.up()
        yield stack
    finally:
        stack.down()


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The one stack of `make test`, with pounds as base currency so that the shop data fits."""
    yield from running(tmp_path_factory.mktemp("stack"), SHOPLAKE_BASE_CURRENCY="GBP")


@pytest.fixture(scope="module")
def own_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack for one module of `make test-e2e`."""
    yield from running(tmp_path_factory.mktemp("own"), SHOPLAKE_BASE_CURRENCY="GBP")


@pytest.fixture
def sender(stack: Stack) -> Sender:
    return Sender(f"127.0.0.1:{stack.port('kafka')}")


@pytest.fixture(scope="session")
def uci() -> Path:
    """The folder of the real shop data, where it is there."""
    if not (UCI / "expected.json").exists():
        pytest.skip(f"no shop data in {UCI}")
    return UCI
