"""How plans are made: several at a time, and compiled only where that pays.

A box of a few thousand events costs more to plan than to run, and planning one frame keeps one core busy: frames that
do not depend on each other are planned side by side. Compiling a plan to Java classes pays for large boxes only; a
process that has just started would spend 10 CPU-seconds on 160 classes before its first publish.
"""

import os
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from threading import current_thread
from typing import TypeVar

from pyspark import SparkContext
from pyspark.sql import SparkSession

Key = TypeVar("Key")
Result = TypeVar("Result")

# Measured: with 3,000 events a compiled box and an interpreted one cost the same once the classes are there, with
# 20,000 the interpreted one costs a third more.
COMPILED_FROM = 8_000


def side_by_side(make: Callable[[Key], Result], keys: Iterable[Key]) -> dict[Key, Result]:
    """What `make` gives for each key, in the order of the keys.

    Raises:
        Exception: the first one that `make` raised, once all have ended.
    """
    started = {key: _planners().submit(_fairly, make, key) for key in keys}
    for future in started.values():
        future.exception()
    return {key: future.result() for key, future in started.items()}


def beside(make: Callable[[], Result]) -> Future[Result]:
    """Start `make` in a planner's thread; its result, or what it raised, is in the future."""
    return _planners().submit(_fairly, make)


def compile_for(spark: SparkSession, events: int) -> None:
    """Let plans that are made from now on be compiled, or interpreted if there are few events for them."""
    compiled = events >= COMPILED_FROM
    spark.conf.set("spark.sql.codegen.wholeStage", str(compiled).lower())
    spark.conf.set("spark.sql.codegen.factoryMode", "FALLBACK" if compiled else "NO_CODEGEN")


def _fairly(make: Callable[..., Result], *keys: object) -> Result:
    """Make it with its own share of the cores: one planner's hundred tasks do not go before the only one of another."""
    context = SparkContext._active_spark_context  # noqa: SLF001 - PySpark's public way starts one where there is none
    if context is not None:
        context.setLocalProperty("spark.scheduler.pool", current_thread().name)
    return make(*keys)


@cache
def _planners() -> ThreadPoolExecutor:
    # Kept: each thread has a connection to the JVM of its own.
    return ThreadPoolExecutor(max(2, os.cpu_count() or 1), thread_name_prefix="planner")
