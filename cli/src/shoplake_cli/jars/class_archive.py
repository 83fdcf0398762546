"""The archive of Spark's classes: made once on this machine by a run of silver's own code, used by every later JVM."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from hashlib import sha256
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from shoplake_contracts.errors import StartFailed

from shoplake_cli.jars.cache import cache_home

MAKER = "silver_process.class_archive"
SECONDS = 600


def place(java_home: Path, jars: Path) -> Path:
    """Where the archive for this Java, these jars and this PySpark is, whether it is there or not."""
    spec = find_spec("pyspark")
    pyspark = Path(str(spec.origin if spec else "")).parent
    # The JVM compares class paths by name, and of each jar the size and the time of its last change: an environment
    # that was made anew in the same place needs another archive, or every JVM would pass over this one without a word.
    environment = _fingerprint([_release(java_home), str(jars), version("pyspark"), str(pyspark)])
    found = [*(jars / "spark").glob("*.jar"), *(pyspark / "jars").glob("*.jar")]
    return cache_home() / "class-archives" / f"{environment}-{_fingerprint(map(_as_java_sees_it, sorted(found)))}.jsa"


def make(java_home: Path, jars: Path) -> Path:
    """Make it, and only then put it in its place; one that was made for other jars of this environment goes.

    Raises:
        StartFailed: the run failed, or Java wrote no archive; the message carries the last words.
    """
    target = place(java_home, jars)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".make-") as scratch:
        made = Path(scratch, "classes.jsa")
        env = {"JAVA_HOME": str(java_home), "SHOPLAKE_SPARK_JARS_DIR": str(jars / "spark")}
        argv = [sys.executable, "-m", MAKER, str(made)]
        done = subprocess.run(argv, env=os.environ | env, capture_output=True, text=True, timeout=SECONDS, check=False)
        if done.returncode or not made.is_file():
            raise StartFailed(f"The class archive could not be made: {(done.stdout + done.stderr).strip()[-600:]}")
        made.replace(target)
    for old in target.parent.glob(f"{target.name.partition('-')[0]}-*.jsa"):
        if old != target:
            old.unlink()
    return target


def _fingerprint(parts: Iterable[str]) -> str:
    return sha256(repr(list(parts)).encode()).hexdigest()[:16]


def _as_java_sees_it(jar: Path) -> str:
    stat = jar.stat()
    return f"{jar.name} {stat.st_size} {int(stat.st_mtime)}"


def _release(java_home: Path) -> str:
    """The whole name of the Java, down to its build."""
    try:
        return (java_home / "release").read_text()
    except OSError:
        return str(java_home)
