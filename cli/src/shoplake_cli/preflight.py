"""Whether this machine can run a stack, found out before anything is started."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from shoplake_contracts.errors import ShoplakeError

from shoplake_cli.jars import cache
from shoplake_cli.java import find_java
from shoplake_cli.stack.layout import Home
from shoplake_cli.stack.ports import Ports, require_free
from shoplake_cli.stack.state import running

FREE_BYTES = 5 * 10**9


@dataclass(frozen=True)
class Finding:
    """One check: what it says, and what to do if it is not `ok`."""

    name: str
    ok: bool
    says: str
    remedy: str = ""


def preflight(home: Home) -> list[Finding]:
    """Java, jars, ports, disk."""
    checks: dict[str, Callable[[Home], str]] = {"java": _java, "jars": _jars, "ports": _ports, "disk": _disk}
    return list(_run(checks, home))


def _run(checks: dict[str, Callable[[Home], str]], home: Home) -> Iterator[Finding]:
    for name, check in checks.items():
        try:
            yield Finding(name, ok=True, says=check(home))
        except ShoplakeError as error:
            yield Finding(name, ok=False, says=error.message, remedy=error.advice)


def _java(_: Home) -> str:
    java = find_java()
    return f"Java {java.version} from {java.origin} ({java.home})"


def _jars(_: Home) -> str:
    return f"complete and verified in {cache.require()}"


def _ports(home: Home) -> str:
    if running(home):
        return "in use by the stack of this home"
    if not home.is_default:
        return "free ones are chosen at start"
    require_free(Ports())
    return "8100 to 8104, 9092 and 9093 are free"


def _disk(home: Home) -> str:
    folder = next(path for path in (home.root, *home.root.parents) if path.exists())
    free = shutil.disk_usage(folder).free
    if free < FREE_BYTES:
        raise ShoplakeError(f"{free / 1e9:.1f} GB are free at {folder}", remedy="Free at least 5 GB, or use --home.")
    return f"{free / 1e9:.0f} GB free at {folder}"
