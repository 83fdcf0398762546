"""A process dies at the named point and nowhere else; without the wish nothing happens."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
from shoplake_lake_kit.crash import crash_point
for name in ("a", "b", "a", "b"):
    print(name, flush=True)
    crash_point(name)
"""


def run(wish: str | None) -> tuple[int, list[str]]:
    environment = {key: value for key, value in os.environ.items() if key != "SHOPLAKE_CRASH_AT"}
    environment |= {} if wish is None else {"SHOPLAKE_CRASH_AT": wish}
    done = subprocess.run([sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout.split()


@pytest.mark.parametrize("wish", [None, "", "c", "a:3"])
def test_nothing_happens_unless_the_point_is_reached_often_enough(wish: str | None) -> None:
    assert run(wish) == (0, ["a", "b", "a", "b"])


@pytest.mark.parametrize(("wish", "printed"), [("b", ["a", "b"]), ("a:2", ["a", "b", "a"])])
def test_the_process_is_killed_at_the_point(wish: str, printed: list[str]) -> None:
    assert run(wish) == (-signal.SIGKILL, printed)


def test_a_wish_in_a_file_is_obeyed_once(tmp_path: Path) -> None:
    file = tmp_path / "crash-at"
    assert run(f"@{file}") == (0, ["a", "b", "a", "b"])
    file.write_text("b\n")
    assert run(f"@{file}") == (-signal.SIGKILL, ["a", "b"])
    assert not file.exists()
