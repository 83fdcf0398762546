"""A death at a named point, in the test's own process."""

from collections.abc import Callable
from contextlib import suppress

import pytest


class Killed(BaseException):
    """Stands for a process that died: nothing handles it."""


@pytest.fixture
def dying_at(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, Callable[[], object]], None]:
    """Run something that dies when it reaches a crash point."""

    def run(point: str, do: Callable[[], object]) -> None:
        def die(name: str) -> None:
            if name == point:
                raise Killed

        with monkeypatch.context() as patched, suppress(Killed):
            for module in ("stage", "publisher"):
                patched.setattr(f"shoplake_lake_kit.{module}.crash_point", die)
            do()
            raise AssertionError(f"{point} was not reached")

    return run
