"""Cuts a wide plan in two: what follows is planned over the rows, not over the thousand expressions that made them.

Spark compares and analyses whole plans at every step. A frame that was merely persisted keeps its plan, and the frames
built on it were measured to take 40 s of planning per batch; cut, they take 3.
"""

from collections.abc import Callable
from contextlib import ExitStack

from pyspark import StorageLevel
from pyspark.sql import DataFrame

Keep = Callable[[DataFrame], DataFrame]
"""Makes a frame that is read more than once cheap to read and to build on."""


def cut(frame: DataFrame) -> DataFrame:
    """The same rows as a leaf, computed once by the first action and kept until `release`.

    It has no more partitions than there are cores: a backlog of many small files would otherwise become as many tasks
    of every later step, and a task costs more than the few rows it has. The rows are kept as bytes, on disk where they
    are too many: as objects those of a backlog fill a small heap, and collecting garbage takes a tenth of the time.
    """
    cores = frame.sparkSession.sparkContext.defaultParallelism
    return frame.coalesce(cores).localCheckpoint(eager=False, storageLevel=StorageLevel.MEMORY_AND_DISK)


def release(frame: DataFrame) -> None:
    """Give back what a cut frame holds."""
    logical = frame._jdf.queryExecution().logical()  # noqa: SLF001 - PySpark offers no way to free a checkpoint
    logical.rdd().unpersist(False)  # noqa: FBT003 - Java has no keyword arguments


def keeping(held: ExitStack) -> Keep:
    """A `keep` that cuts frames, and releases them with `held`."""

    def keep(frame: DataFrame) -> DataFrame:
        leaf = cut(frame)
        held.callback(release, leaf)
        return leaf

    return keep
