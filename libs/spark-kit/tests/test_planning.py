"""Plans made side by side come back in order, and nothing that failed is passed over."""

from collections.abc import Iterator
from threading import Barrier, Event

import pytest
from pyspark.sql import SparkSession
from shoplake_spark_kit.planning import COMPILED_FROM, compile_for, side_by_side

MODES = ("spark.sql.codegen.wholeStage", "spark.sql.codegen.factoryMode")


def test_results_keep_the_order_of_their_keys_whoever_is_done_first() -> None:
    second_is_done = Event()

    def make(key: str) -> str:
        if key == "first":
            assert second_is_done.wait(10)
        else:
            second_is_done.set()
        return key.upper()

    assert list(side_by_side(make, ["first", "second"]).items()) == [("first", "FIRST"), ("second", "SECOND")]


def test_a_failure_is_raised_once_the_others_have_ended() -> None:
    ended: list[int] = []

    def make(key: int) -> None:
        if key == 0:
            raise ValueError("no plan")
        ended.append(key)

    with pytest.raises(ValueError, match="no plan"):
        side_by_side(make, range(5))
    assert sorted(ended) == [1, 2, 3, 4]


@pytest.fixture
def own(session: SparkSession) -> Iterator[SparkSession]:
    before = {key: session.conf.get(key) for key in MODES}
    yield session
    for key, value in before.items():
        session.conf.set(key, str(value))


@pytest.mark.spark
def test_few_events_are_interpreted_and_many_compiled(own: SparkSession) -> None:
    compile_for(own, COMPILED_FROM - 1)
    few = [own.conf.get(key) for key in MODES]
    compile_for(own, COMPILED_FROM)
    assert (few, [own.conf.get(key) for key in MODES]) == (["false", "NO_CODEGEN"], ["true", "FALLBACK"])


@pytest.mark.spark
def test_each_planner_has_its_own_share_of_the_cores(session: SparkSession) -> None:
    context, both_are_here = session.sparkContext, Barrier(2)

    def pool(_key: int) -> str | None:
        both_are_here.wait(10)
        return context.getLocalProperty("spark.scheduler.pool")

    first, second = side_by_side(pool, range(2)).values()
    assert context.getConf().get("spark.scheduler.mode") == "FAIR"
    assert first
    assert second
    assert first != second
