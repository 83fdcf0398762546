"""What runs is byte for byte what the lock says, or nothing runs."""

import re
from pathlib import Path

import pytest
from shoplake_cli.jars import cache
from shoplake_cli.jars.ivy import command
from shoplake_cli.jars.lock import IVY_FILE, LOCK_FILE, Lock
from shoplake_contracts.errors import JarsInvalid


@pytest.fixture
def jars(tmp_path: Path) -> Path:
    for name in ("spark/a-1.jar", "spark/b-2.jar", "broker/c-3.jar"):
        path = tmp_path / "jars" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return tmp_path / "jars"


def test_a_folder_fits_its_own_lock_also_when_read_back(jars: Path, tmp_path: Path) -> None:
    lock = Lock.of(jars)
    written = tmp_path / "jars.lock"
    written.write_text(lock.text)
    assert Lock.load(written) == lock
    Lock.load(written).verify(jars)


def test_a_tampered_jar_is_named(jars: Path) -> None:
    lock = Lock.of(jars)
    (jars / "spark" / "b-2.jar").write_text("spark/b-2.jar, and a little more")
    with pytest.raises(JarsInvalid, match=r"spark/b-2\.jar is not the locked one"):
        lock.verify(jars)


def test_a_missing_jar_is_named(jars: Path) -> None:
    lock = Lock.of(jars)
    (jars / "broker" / "c-3.jar").unlink()
    with pytest.raises(JarsInvalid, match=r"broker/c-3\.jar is missing"):
        lock.verify(jars)


def test_a_jar_nobody_locked_does_not_get_on_the_class_path(jars: Path) -> None:
    lock = Lock.of(jars)
    (jars / "spark" / "extra.jar").write_text("?")
    with pytest.raises(JarsInvalid, match=r"spark/extra\.jar is not in the lock"):
        lock.verify(jars)


def test_many_faults_make_a_short_sentence(jars: Path) -> None:
    lock = Lock({f"spark/x-{n}.jar": "0" for n in range(9)})
    with pytest.raises(JarsInvalid, match=r"and 9 more\.$"):
        lock.verify(jars)


def test_without_the_folder_the_remedy_is_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(JarsInvalid) as missing:
        cache.require()
    assert "shoplake jars" in missing.value.advice


def test_a_fetch_that_brings_something_else_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    def wrong(_java: Path, target: Path, _scratch: Path, _on_jar: object) -> None:
        (target / "spark").mkdir(parents=True)
        (target / "spark" / "postgresql-42.7.8.jar").write_text("not it")

    monkeypatch.setattr(cache, "fetch", wrong)
    with pytest.raises(JarsInvalid):
        cache.retrieve(Path("java"), lambda _: None)
    assert not cache.folder(Lock.load()).exists()
    assert list((tmp_path / "shoplake" / "jars").iterdir()) == []


def test_a_fetch_that_fits_is_put_in_place(jars: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    lock = Lock.of(jars)
    monkeypatch.setattr(Lock, "load", lambda *_: lock)
    monkeypatch.setattr(cache, "fetch", lambda _java, target, *_: jars.rename(target))
    assert cache.retrieve(Path("java"), lambda _: None) == cache.require() == cache.folder(lock)


def test_the_committed_lock_has_both_sides_and_nothing_spark_already_has() -> None:
    names = sorted(Lock.load().sums)
    assert all(re.fullmatch(r"(spark|broker)/[\w.+-]+\.jar", name) for name in names)
    spark = {re.sub(r"[-_][\d.]+.*", "", name.removeprefix("spark/")) for name in names if name.startswith("spark/")}
    assert spark == {"iceberg-spark-runtime", "postgresql", "sqlite-jdbc"}
    assert any(name.startswith("broker/kafka_2.13-4.3.1") for name in names)


def test_no_address_is_written_down() -> None:
    for path in (IVY_FILE, LOCK_FILE):
        assert "://" not in path.read_text()


def test_a_mirror_is_named_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOPLAKE_IVY_SETTINGS", "/etc/ivysettings.xml")
    argv = command(Path("java"), Path("target"), Path("scratch"))
    assert argv[-2:] == ["-settings", "/etc/ivysettings.xml"]
