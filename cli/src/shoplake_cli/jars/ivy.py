"""Fetches jars with the Ivy that PySpark's wheel carries: no Maven, no address written down here."""

import importlib.util
import os
import subprocess
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path

from shoplake_contracts.errors import JarsInvalid

from shoplake_cli.jars.lock import CONFS, IVY_FILE

DOWNLOADED = "[SUCCESSFUL ]"
REMEDY = (
    "Check the network; behind a mirror, name an Ivy settings file in SHOPLAKE_IVY_SETTINGS. Then run shoplake jars."
)


def fetch(java: Path, target: Path, scratch: Path, on_jar: Callable[[str], None]) -> None:
    """Resolve both configurations into `target/<conf>/`.

    Args:
        java: the `java` program.
        target: receives `spark/` and `broker/`.
        scratch: Ivy's own cache; can be thrown away afterwards.
        on_jar: told the name of each jar as it arrives.

    Raises:
        JarsInvalid: something could not be fetched; the message carries Ivy's own words.
    """
    # One run per configuration: Spark and the broker hold different versions of the same client on purpose.
    for conf in CONFS:
        _run([*command(java, target, scratch), "-confs", conf], on_jar)


def command(java: Path, target: Path, scratch: Path) -> list[str]:
    """Ivy's command line without the configuration."""
    settings = os.environ.get("SHOPLAKE_IVY_SETTINGS")
    return [
        str(java),
        *("-XX:+UseSerialGC", "-cp", str(_ivy_jar()), "org.apache.ivy.Main"),
        *("-ivy", str(IVY_FILE), "-cache", str(scratch)),
        *("-retrieve", f"{target}/[conf]/[artifact]-[revision].[ext]"),
        *(("-settings", settings) if settings else ()),
    ]


def _ivy_jar() -> Path:
    spec = importlib.util.find_spec("pyspark")
    found = sorted(Path(folder, "jars") for folder in (spec.submodule_search_locations or ())) if spec else []
    jars = [jar for folder in found for jar in folder.glob("ivy-*.jar")]
    if not jars:
        raise JarsInvalid("PySpark's wheel, which carries Ivy, is not installed.", remedy="Run make setup.")
    return jars[0]


def _run(argv: Sequence[str], on_jar: Callable[[str], None]) -> None:
    last: deque[str] = deque(maxlen=12)
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as ivy:
        for line in ivy.stdout or ():
            last.append(line.strip())
            if DOWNLOADED in line:
                on_jar(line.partition(DOWNLOADED)[2].partition("!")[2].partition(" ")[0])
    if ivy.returncode:
        raise JarsInvalid("Ivy could not fetch the jars: " + " / ".join(filter(None, last)), remedy=REMEDY)
