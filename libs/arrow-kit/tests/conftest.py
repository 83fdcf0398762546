"""One real broker for all tests that need it."""

from collections.abc import Iterator

import pytest
from shoplake_cli.stack.lone_broker import lone_broker


@pytest.fixture(scope="session")
def bootstrap(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of the embedded stack's broker, started for this run."""
    with lone_broker(tmp_path_factory.mktemp("broker")) as address:
        yield address
