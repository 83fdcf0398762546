"""The business modules only describe columns: no action, session, environment, clock, chance or UDF in them."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
import silver_process

ROOT = Path(silver_process.__file__).parent
PURE = ["parsing", "leaves", "texts", "routing", "quality", "dedup", "casts", "faults", "box"]
FILES = sorted([*(ROOT / f"{name}.py" for name in PURE), *(ROOT / "transforms").glob("*.py")])

ACTIONS = {
    "collect", "count", "show", "take", "head", "tail", "first", "foreach", "foreachPartition", "toPandas", "toArrow",
    "toLocalIterator", "isEmpty", "write", "writeTo", "writeStream", "save", "saveAsTable", "persist", "cache",
    "unpersist", "checkpoint", "localCheckpoint", "createOrReplaceTempView", "createTempView", "rdd", "explain",
}  # fmt: skip
OUTSIDE = {
    "sparkSession", "createDataFrame", "getOrCreate", "getActiveSession", "sql", "table", "environ", "getenv", "now",
    "utcnow", "today", "mapInPandas", "mapInArrow", "applyInPandas", "transformWithState",
}  # fmt: skip
FUNCTIONS = {
    "now", "current_timestamp", "current_date", "localtimestamp", "current_timezone", "curdate", "rand", "randn",
    "uuid", "shuffle", "randstr", "uniform", "monotonically_increasing_id", "spark_partition_id", "input_file_name",
    "udf", "udtf", "pandas_udf", "arrow_udf", "call_udf", "reflect", "java_method",
}  # fmt: skip
MODULES = {"os", "sys", "time", "random", "secrets", "uuid", "requests", "httpx", "socket", "subprocess"}


def offences(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute):
            of_functions = isinstance(node.value, ast.Name) and node.value.id == "F"
            if node.attr in (FUNCTIONS if of_functions else ACTIONS | OUTSIDE):
                yield f"{node.lineno}: .{node.attr}"
        elif isinstance(node, ast.Import):
            yield from (f"{node.lineno}: {a.name}" for a in node.names if a.name.partition(".")[0] in MODULES)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            names = {alias.name for alias in node.names}
            if node.module.partition(".")[0] in MODULES or names & (FUNCTIONS | {"SparkSession"}):
                yield f"{node.lineno}: from {node.module}"


@pytest.mark.parametrize("file", FILES, ids=lambda f: f.stem)
def test_describes_columns_and_does_nothing(file: Path) -> None:
    assert list(offences(file.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    "line",
    [
        "rows.collect()",
        "n = rows.groupBy('a').count()",
        "rows.write.save('x')",
        "F.current_timestamp()",
        "f = F.udf(print)",
        "datetime.now()",
        "import os",
        "from pyspark.sql import SparkSession",
        "from pyspark.sql.functions import udf",
        "rows.sparkSession.sql('select 1')",
    ],
)
def test_the_lint_sees(line: str) -> None:
    assert list(offences(line))


def test_the_lint_lets_functions_of_the_same_name_pass() -> None:
    assert list(offences("F.count('*'); F.first('a').over(w)")) == []
