"""The command line itself: help that teaches, errors as sentences, exit codes."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from shoplake_cli.commands.control import JobType, targets
from shoplake_cli.commands.feed import parse_speed
from shoplake_cli.commands.stack import require_none_failed
from shoplake_cli.main import app
from shoplake_cli.stack.layout import Home
from shoplake_cli.stack.services import BRONZE, GOLD, SILVER
from shoplake_cli.stack.up import require_not_running, run_here  # noqa: F401 - the import itself must work
from shoplake_contracts.errors import StartFailed
from typer.testing import CliRunner


def shoplake(*arguments: str, home: Path) -> "subprocess.CompletedProcess[str]":
    argv = [sys.executable, "-m", "shoplake_cli.main", *arguments, "--home", str(home)]
    return subprocess.run(argv, capture_output=True, text=True, check=False, timeout=60)


def test_help_shows_where_to_begin() -> None:
    said = CliRunner().invoke(app, ["--help"]).output
    assert "shoplake demo        50,000 events through everything" in said
    for command in (
        "up",
        "down",
        "status",
        "clean",
        "sql",
        "spark-sql",
        "accounting",
        "audit",
        "passport",
        "generate",
        "replay",
        "jars",
        "preflight",
    ):
        assert f"\n  {command} " in said


def test_an_error_is_a_sentence_a_remedy_and_exit_code_2(tmp_path: Path) -> None:
    done = shoplake("accounting", home=tmp_path / "none")
    assert done.returncode == 2
    assert done.stderr == (
        f"stack_not_running: No stack runs under {tmp_path / 'none'}.\n"
        "Start one with make up, or name its folder with --home.\n"
    )


def test_sql_says_so_where_no_stack_ever_ran(tmp_path: Path) -> None:
    done = shoplake("sql", "SELECT 1", home=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith(f"stack_not_running: There are no tables under {tmp_path}.")


def test_down_and_clean_have_nothing_to_do_without_a_stack(tmp_path: Path) -> None:
    for command in ("down", "clean"):
        done = shoplake(command, home=tmp_path / "none")
        assert (done.returncode, done.stderr) == (0, "")
        assert "nothing" in done.stdout


def test_status_json_is_json(tmp_path: Path) -> None:
    done = shoplake("status", "--json", home=tmp_path / "none")
    assert json.loads(done.stdout)["phase"] == "stopped"


def test_a_wrong_setting_is_refused_before_anything_starts(tmp_path: Path) -> None:
    done = shoplake("up", "--env", "NOVALUE", home=tmp_path / "home")
    assert done.returncode == 2
    assert "'NOVALUE' is not KEY=VALUE" in done.stderr
    assert not (tmp_path / "home").exists()


def test_two_stacks_in_one_home_are_refused(home: Home) -> None:
    import fcntl  # noqa: PLC0415 - this test plays the other supervisor

    with home.lock_file.open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = shoplake("up", home=home.root)
    assert done.returncode == 2
    assert done.stderr.startswith("stack_running: ")


def test_the_job_types_of_the_streaming_job() -> None:
    assert targets(None, JobType.BOTH) == (BRONZE, SILVER)
    assert targets(None, JobType.INGESTION) == (BRONZE,)
    assert targets(None, JobType.PROCESSING) == (SILVER,)
    assert targets("gold", None) == (GOLD,)


@pytest.mark.parametrize(("service", "job"), [(None, None), ("gold", JobType.BOTH), ("dagster", None)])
def test_what_is_meant_has_to_be_said_once(service: str | None, job: JobType | None) -> None:
    with pytest.raises(typer.BadParameter):
        targets(service, job)


def test_speed_is_a_factor_or_max() -> None:
    assert parse_speed("max") is None
    assert parse_speed("2.5") == 2.5
    for wrong in ("0", "-1", "fast", "nan"):
        with pytest.raises(typer.BadParameter):
            parse_speed(wrong)


def test_a_detached_stack_with_a_failed_service_is_no_success() -> None:
    error = {"message": "Another writer was here.", "remedy": "Stop one."}
    services = [{"name": "bronze-ingest", "state": "FAILED", "error": error}]
    with pytest.raises(StartFailed, match="bronze-ingest is FAILED: Another writer") as failed:
        require_none_failed({"services": services})
    assert failed.value.advice == "Stop one."
    require_none_failed({"services": [{"name": "health", "state": "RUNNING"}]})
