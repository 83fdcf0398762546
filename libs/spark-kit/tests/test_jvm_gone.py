"""A JVM that has ended is told by its name: the process that had it ends, and a new one is started."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from shoplake_cli.jars.cache import require
from shoplake_lake_kit.settings import LakeSettings

SCRIPT = Path(__file__).with_name("killed_jvm.py")
GONE = "the JVM has ended with -9"


@pytest.mark.spark
def test_what_comes_after_the_end_of_the_jvm_says_so(lake: LakeSettings) -> None:
    argv = [sys.executable, str(SCRIPT), lake.catalog_uri, lake.warehouse, str(require() / "spark")]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == ["True", GONE, GONE]
