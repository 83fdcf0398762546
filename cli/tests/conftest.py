"""Small Python programs as children, and a wait with a deadline."""

import io
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console
from shoplake_cli.stack.child import Command
from shoplake_cli.stack.layout import Home
from shoplake_cli.stack.output import Output

Until = Callable[[Callable[[], bool]], None]
Program = Callable[[str, str], Command]


@pytest.fixture
def until() -> Until:
    def wait(came_true: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 20
        while not came_true():
            assert time.monotonic() < deadline, "did not come true within 20 s"
            time.sleep(0.02)

    return wait


@pytest.fixture
def program() -> Program:
    """Makes a command that runs a few lines of Python."""
    return lambda name, source: Command(name, [sys.executable, "-I", "-c", source])


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home.at(tmp_path / "home")
    home.make()
    return home


@pytest.fixture
def terminal() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def output(home: Home, terminal: io.StringIO) -> Output:
    return Output(home, Console(file=terminal, width=200), quiet=False)
