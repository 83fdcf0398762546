"""How soon a warm `make up` shows a first silver row, and how much memory the whole stack then has.

With the archive of classes in use, where there is one.

The figures are printed and judged by people; the test fails at three times the promised time.
"""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.exceptions import NoSuchTableError
from sqlalchemy.exc import OperationalError
from stack import SHOPLAKE, Stack, wait_until

pytestmark = pytest.mark.e2e
PROMISED_SECONDS = 45
PROMISED_BYTES = 4 * 1024**3
# Most events of any traffic are page views: whatever came first, one of them is in it.
FIRST = "silver.page_views"


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    Stack(tmp_path).down()


def has_a_silver_row(home: Path) -> bool:
    catalog = SqlCatalog("iceberg", uri=f"sqlite:///{home}/catalog.db", init_catalog_tables="false")
    try:
        found = catalog.load_table(FIRST).current_snapshot()
    except (NoSuchTableError, OperationalError):
        return False
    return bool(found and found.summary and int(found.summary["total-records"] or 0))


def family(root: int) -> list[int]:
    """A process and everything it started."""
    parents = {int(entry.name): parent(entry) for entry in Path("/proc").iterdir() if entry.name.isdigit()}
    found = [root]
    for pid in found:
        found += [child for child, its_parent in parents.items() if its_parent == pid]
    return found


def parent(process: Path) -> int:
    try:
        return int((process / "stat").read_text().rpartition(")")[2].split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return 0


def resident(pid: int) -> int:
    """Bytes of memory; what processes share is divided among them."""
    try:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    (line,) = (line for line in rollup.splitlines() if line.startswith("Pss:"))
    return int(line.split()[1]) * 1024


def passed_over_its_archive(pid: int) -> bool:
    """Whether a JVM was told of an archive of classes and does without: it says nothing, and starts slower."""
    try:
        told = b"-XX:SharedArchiveFile=" in Path(f"/proc/{pid}/cmdline").read_bytes()
        return told and "/class-archives/" not in Path(f"/proc/{pid}/maps").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_a_first_row_in_time_and_a_stack_in_bounds(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    started = time.monotonic()
    up = subprocess.Popen([SHOPLAKE, "up", "--quiet", "--home", str(home)], start_new_session=True, env=os.environ)
    stack = Stack(home)
    try:
        wait_until(lambda: has_a_silver_row(home), 3 * PROMISED_SECONDS, "a first silver row", stack.log_tail)
        first_row = time.monotonic() - started
        gold = lambda: stack.get("health", "/health/lag")["stages"]["gold"]["position"]  # noqa: E731
        wait_until(lambda: any(map(sum, gold().values())), 240, "gold's first publish", stack.log_tail)
        memory = sum(map(resident, family(up.pid)))
        without_archive = list(filter(passed_over_its_archive, family(up.pid)))
    finally:
        up.send_signal(signal.SIGTERM)
        assert up.wait(90) == 0
    with capsys.disabled():
        told = f"first silver row after {first_row:.0f} s (promised {PROMISED_SECONDS})"
        print(f"\n{told}; the stack has {memory / 1024**3:.2f} GiB (promised {PROMISED_BYTES // 1024**3})")
    assert memory <= PROMISED_BYTES
    assert not without_archive
