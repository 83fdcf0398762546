"""What computes figures does nothing else: no action, no session, no clock, no environment, no UDF."""

import ast
from pathlib import Path

import gold_batch
import pytest

SOURCE = Path(gold_batch.__file__).parent
# The service around the figures may act; everything else may not.
IMPURE = {
    "main.py",
    "api.py",
    "job.py",
    "work.py",
    "affected.py",
    "hold.py",
    "watched.py",
    "settings.py",
    "metrics.py",
    "maintenance.py",
    "maintenance_work.py",
    "rebuild.py",
    "daily.py",
}
PURE = sorted(path for path in SOURCE.rglob("*.py") if path.name not in IMPURE and path.parent.name != "serving")

ACTIONS = {
    "collect", "toArrow", "toPandas", "toLocalIterator", "show", "take", "head", "tail", "isEmpty", "foreach",
    "foreachPartition", "cache", "persist", "checkpoint", "localCheckpoint", "write", "writeTo", "writeStream", "rdd",
    "createOrReplaceTempView", "sparkSession",
}  # fmt: skip
CHANCE_AND_CLOCK = {
    "current_timestamp", "current_date", "now", "today", "utcnow", "localtimestamp", "rand", "randn", "uuid", "uuid4",
    "monotonically_increasing_id", "spark_partition_id", "input_file_name", "environ", "getenv",
}  # fmt: skip
CODE = {"udf", "pandas_udf", "arrow_udf", "udtf", "mapInPandas", "mapInArrow", "applyInPandas", "mapPartitions"}
DATAFRAME_ONLY = {"count", "first"}  # F.count and F.first are expressions, a frame's own are actions
MODULES = {"os", "time", "random", "uuid", "subprocess", "requests", "httpx"}


def offences(source: str) -> list[str]:
    """The forbidden names of a module, with their lines."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute):
            on_functions = isinstance(node.value, ast.Name) and node.value.id == "F"
            forbidden = ACTIONS | CHANCE_AND_CLOCK | CODE | (set() if on_functions else DATAFRAME_ONLY)
            if node.attr in forbidden:
                found.append(f"{node.lineno}: .{node.attr}")
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            found += [f"{node.lineno}: import {name}" for name in sorted(imported(node))]
        elif isinstance(node, ast.Name) and node.id in {"open", "print", "input"}:
            found.append(f"{node.lineno}: {node.id}")
    return found


def imported(node: ast.Import | ast.ImportFrom) -> set[str]:
    """What of an import is forbidden: a module as such, or a name out of one."""
    names = {alias.name for alias in node.names}
    if isinstance(node, ast.Import):
        return names & MODULES
    return (names & (CODE | {"SparkSession"})) | ({node.module or ""} & MODULES)


@pytest.mark.parametrize("path", PURE, ids=lambda path: str(path.relative_to(SOURCE)))
def test_a_module_of_figures_is_pure(path: Path) -> None:
    assert offences(path.read_text()) == []


@pytest.mark.parametrize(
    "line",
    [
        "frame.collect()",
        "frame.count()",
        "frame.groupBy('x').count()",
        "F.current_timestamp()",
        "datetime.now(UTC)",
        "os.environ['X']",
        "import os",
        "from pyspark.sql import SparkSession",
        "F.udf(lambda x: x)",
        "from pyspark.sql.functions import udf",
        "frame.sparkSession.sql('select 1')",
        "open('x')",
    ],
)
def test_the_lint_sees_what_is_forbidden(line: str) -> None:
    assert offences(line)


def test_the_lint_knows_an_expression_from_an_action() -> None:
    assert offences("F.count(F.lit(1)), F.first('x')") == []
