"""Where the jars lie: one folder per lock in the user's cache, complete and verified or not there at all."""

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from shoplake_contracts.errors import JarsInvalid

from shoplake_cli.jars.ivy import fetch
from shoplake_cli.jars.lock import LOCK_FILE, Lock


def cache_home() -> Path:
    """Shoplake's part of the user's cache folder; everything in it can be fetched or made again."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "shoplake"


def folder(lock: Lock) -> Path:
    """Where the jars of this lock belong, whether they are there or not."""
    return cache_home() / "jars" / lock.identity


def require() -> Path:
    """The verified folder of jars, with `spark/` and `broker/` in it; never goes to the network.

    Raises:
        JarsInvalid: it is not there, or a jar is not the locked one.
    """
    lock = Lock.load()
    where = folder(lock)
    if not where.is_dir():
        raise JarsInvalid(f"The jars are not in {where}.", remedy="Run shoplake jars (make setup does).")
    lock.verify(where)
    return where


def retrieve(java: Path, on_jar: Callable[[str], None]) -> Path:
    """Fetch, verify, and only then put the folder in its place.

    Raises:
        JarsInvalid: a jar could not be fetched or is not the locked one; nothing is left behind.
    """
    lock = Lock.load()
    where = folder(lock)
    where.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=where.parent, prefix=".fetch-") as scratch:
        fetched = Path(scratch, "jars")
        fetch(java, fetched, Path(scratch, "ivy"), on_jar)
        lock.verify(fetched)
        _replace(fetched, where)
    return where


def relock(java: Path, on_jar: Callable[[str], None], path: Path = LOCK_FILE) -> Lock:
    """Resolve ivy.xml anew and write the sums of what came: for a change of versions, to be reviewed and committed."""
    with tempfile.TemporaryDirectory(prefix="shoplake-lock-") as scratch:
        fetched = Path(scratch, "jars")
        fetch(java, fetched, Path(scratch, "ivy"), on_jar)
        lock = Lock.of(fetched)
        path.write_text(lock.text)
        where = folder(lock)
        where.parent.mkdir(parents=True, exist_ok=True)
        _replace(fetched, where)
    return lock


def _replace(fetched: Path, where: Path) -> None:
    shutil.rmtree(where, ignore_errors=True)
    shutil.move(fetched, where)
