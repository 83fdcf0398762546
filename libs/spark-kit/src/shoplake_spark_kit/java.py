"""The few places where Python holds Java objects: py4j is untyped, so its use is kept small and named here."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from py4j.java_gateway import JavaClass, JavaMember
from py4j.protocol import Py4JError, Py4JJavaError
from pyspark import SparkContext
from pyspark.java_gateway import ensure_callback_server_started
from pyspark.sql import SparkSession
from shoplake_contracts.errors import CatalogUnavailable, JvmGone, MemoryShort, Transient


def _jvm(spark: SparkSession) -> Any:
    """The session's view of Java packages."""
    return spark._jvm  # noqa: SLF001 - PySpark has no public way to Iceberg's Java API


class _Class(JavaClass):  # type: ignore[misc]  # py4j is untyped
    """A Java class whose members Java is asked about once, and not again at every call."""

    def __getattr__(self, name: str) -> Any:
        member = super().__getattr__(name)
        if isinstance(member, JavaMember):
            self.__dict__[name] = member
        return member


@cache
def _class(name: str, client: Any) -> _Class:
    return _Class(name, client)


def java_class(holder: Any, name: str) -> Any:
    """A Java class by its full name.

    Walking there package by package asks Java about each of them, and each time Java looks through all jars for a
    class of that name.

    Args:
        holder: the session, or any Java object of its JVM.
        name: such as `java.util.ArrayList`.
    """
    holder = _jvm(holder) if isinstance(holder, SparkSession) else holder
    return _class(name, holder._gateway_client)  # noqa: SLF001 - as above


# The classes that PySpark looks up by name for nearly every column it makes: 5,000 times in one refresh of gold.
_HELPERS = (
    "org.apache.spark.api.python.PythonUtils",
    "org.apache.spark.api.python.SerDeUtil",
    "org.apache.spark.sql.api.python.PythonSQLUtils",
    "org.apache.spark.sql.functions",
)


def remember_helpers(spark: SparkSession) -> None:
    """Spare PySpark's own calls the search for classes (docs/decisions/0014)."""
    jvm = _jvm(spark)
    for name in _HELPERS:
        for asked in (name, name.rpartition(".")[2]):
            setattr(jvm, asked, java_class(spark, name))


def activate(spark: SparkSession) -> None:
    """Make the session the calling thread's: Iceberg asks the thread, not the session it is given, for the catalogs."""
    java_class(spark, "org.apache.spark.sql.classic.SparkSession").setActiveSession(spark._jsparkSession)  # noqa: SLF001 - as above


def load_table(spark: SparkSession, name: str) -> Any:
    """The Iceberg table `namespace.table` as `org.apache.iceberg.Table`, freshly read."""
    loader = java_class(spark, "org.apache.iceberg.spark.Spark3Util")
    return loader.loadIcebergTable(spark._jsparkSession, f"iceberg.{name}")  # noqa: SLF001 - as above


def each(iterable: Any) -> Iterator[Any]:
    """Walk a Java Iterable."""
    iterator = iterable.iterator()
    while iterator.hasNext():
        yield iterator.next()


def allow_callbacks(spark: SparkSession) -> None:
    """Let Java call Python objects: the validator of a publish is one."""
    gateway = spark.sparkContext._gateway  # noqa: SLF001 - as above
    ensure_callback_server_started(gateway)  # type: ignore[no-untyped-call]  # PySpark leaves it unannotated


def root_cause(error: Py4JJavaError) -> tuple[str, str]:
    """Class name and message of the innermost Java exception."""
    cause = error.java_exception
    while cause.getCause() is not None:
        cause = cause.getCause()
    return str(cause.getClass().getName()), str(cause.getMessage())


def meaning(error: Py4JJavaError) -> Transient | None:
    """The error of our tree that a Java exception stands for, None if it stands for none.

    Only what passes by itself is translated: a catalog that is away, locked, or just being created; memory that others
    had.
    """
    class_name, message = root_cause(error)
    if raised(error, "SparkOutOfMemoryError"):
        return MemoryShort(message)
    if raised(error, "UncheckedSQLException", "SQLException") or class_name.startswith(("java.net.", "org.sqlite.")):
        return CatalogUnavailable(f"catalog: {class_name.rpartition('.')[2]}: {message}")
    return None


def exit_code() -> int | None:
    """That of the JVM, when it was here and has ended: Spark's own when its heap was full is 52."""
    gateway = SparkContext._gateway  # noqa: SLF001 - as above
    return None if gateway is None else gateway.proc.poll()


@contextmanager
def translated() -> Iterator[None]:
    """Raise what a Java exception stands for in our tree, where it stands for something.

    A JVM that is just ending may still be there at the first error; it is not at the next one.

    Raises:
        JvmGone: there is no JVM any more that could answer.
    """
    try:
        yield
    except (Py4JError, OSError) as error:
        ended = exit_code()
        if ended is not None:
            raise JvmGone(f"the JVM has ended with {ended}") from error
        known = meaning(error) if isinstance(error, Py4JJavaError) else None
        if known is None:
            raise
        raise known from error


def raised(error: Py4JJavaError, *class_names: str) -> bool:
    """Whether the Java exception or one of its causes is of one of these classes (full or simple names)."""
    cause = error.java_exception
    while cause is not None:
        full = str(cause.getClass().getName())
        if full in class_names or full.rpartition(".")[2] in class_names:
            return True
        cause = cause.getCause()
    return False
