"""Java is asked for a class once: to search every jar for its name costs more than most calls."""

from collections import Counter
from typing import Any

import pytest
from py4j.java_gateway import JavaClass, JVMView
from pyspark.sql import SparkSession
from pyspark.sql import functions as F  # noqa: N812 - the name every Spark reader knows
from shoplake_contracts.errors import MemoryShort
from shoplake_spark_kit.java import java_class, translated

pytestmark = pytest.mark.spark


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often Java was asked for a name: of a class or package, or of a member of a class."""
    names: Counter[str] = Counter()
    for holder in (JVMView, JavaClass):
        original = holder.__getattr__

        def counting(self: Any, name: str, original: Any = original) -> Any:
            names[name] += 1
            return original(self, name)

        monkeypatch.setattr(holder, "__getattr__", counting)
    return names


def test_making_columns_searches_for_no_class(session: SparkSession, asked: Counter[str]) -> None:
    frame = session.range(3).select("id", F.coalesce("id", F.lit(1)).alias("one"))
    first = set(asked)
    asked.clear()
    for _ in range(5):
        frame = frame.select("id", F.coalesce("one", F.lit(1)).alias("one"))

    assert frame.count() == 3
    assert not first & {"functions", "PythonUtils", "org.apache.spark.sql.functions"}
    assert max(asked.values(), default=0) <= 1


def test_a_class_is_found_from_any_object_and_remembers_its_members(session: SparkSession, asked: Counter[str]) -> None:
    one = java_class(session, "java.util.ArrayList")()
    maths = java_class(one, "java.lang.Math")
    assert maths is java_class(session, "java.lang.Math")
    assert [maths.abs(-number) for number in range(4)] == [0, 1, 2, 3]
    assert asked["abs"] == 1


def test_a_task_without_memory_is_told_as_such(session: SparkSession) -> None:
    no_memory = java_class(session, "org.apache.spark.errors.SparkCoreErrors").outOfMemoryError(16_384, 0)
    aborted = java_class(session, "java.lang.RuntimeException")("Job aborted", no_memory)

    with pytest.raises(MemoryShort, match=r"Unable to acquire 16384 bytes.*got 0"), translated():
        java_class(session, "scala.util.Failure")(aborted).get()
