"""The archive of classes: one per Java and environment, whole or not there at all."""

import os
from pathlib import Path

import pytest
from shoplake_cli.jars import class_archive
from shoplake_contracts.errors import StartFailed


@pytest.fixture
def java(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    home = tmp_path / "java"
    home.mkdir()
    (home / "release").write_text('JAVA_RUNTIME_VERSION="17.0.15+6"')
    return home


def maker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    """Puts another program in the place of the one that runs Spark."""
    (tmp_path / "another_maker.py").write_text(f"import os, pathlib, sys\n{code}\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(class_archive, "MAKER", "another_maker")


def test_another_java_or_other_jars_have_another_archive(java: Path, tmp_path: Path) -> None:
    one = class_archive.place(java, tmp_path / "jars")
    assert one == class_archive.place(java, tmp_path / "jars")
    assert one != class_archive.place(java, tmp_path / "other")
    (java / "release").write_text('JAVA_RUNTIME_VERSION="21.0.1+9"')
    assert one != class_archive.place(java, tmp_path / "jars")


def test_jars_that_were_put_there_anew_have_another_archive_and_the_old_one_goes(
    java: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    maker(tmp_path, monkeypatch, "pathlib.Path(sys.argv[1]).touch()")
    jar = tmp_path / "jars" / "spark" / "iceberg.jar"
    jar.parent.mkdir(parents=True)
    jar.touch()
    elsewhere = class_archive.make(java, tmp_path / "other")
    before = class_archive.make(java, tmp_path / "jars")
    os.utime(jar, (0, jar.stat().st_mtime + 60))
    again = class_archive.place(java, tmp_path / "jars")
    assert not again.exists()
    assert class_archive.make(java, tmp_path / "jars") == again
    assert before != again
    assert set(again.parent.iterdir()) == {elsewhere, again}


def test_it_is_made_by_a_run_that_is_told_java_and_jars(
    java: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = "('JAVA_HOME', 'SHOPLAKE_SPARK_JARS_DIR')"
    maker(
        tmp_path, monkeypatch, f"pathlib.Path(sys.argv[1]).write_text(' '.join(os.environ[name] for name in {names}))"
    )
    made = class_archive.make(java, tmp_path / "jars")
    assert made == class_archive.place(java, tmp_path / "jars")
    assert made.read_text() == f"{java} {tmp_path / 'jars' / 'spark'}"


@pytest.mark.parametrize("code", ["sys.exit('no Spark here')", "print('no Spark here')"])
def test_a_run_that_leaves_none_says_why_and_nothing_stays(
    code: str, java: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    maker(tmp_path, monkeypatch, code)
    with pytest.raises(StartFailed, match="no Spark here"):
        class_archive.make(java, tmp_path / "jars")
    assert list(class_archive.place(java, tmp_path / "jars").parent.iterdir()) == []
