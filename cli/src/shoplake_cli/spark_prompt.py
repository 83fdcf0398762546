"""`shoplake spark-sql`: a Spark session over the home's tables, for one statement or a prompt."""

import os
import sys
from contextlib import suppress
from typing import Any

from pyspark.errors import PySparkException
from rich.console import Console
from shoplake_contracts.errors import InvalidRequest
from shoplake_spark_kit.session import open_session
from shoplake_spark_kit.settings import SparkSettings

from shoplake_cli.jars import cache
from shoplake_cli.java import find_java
from shoplake_cli.results import as_table
from shoplake_cli.stack.layout import Home

with suppress(ImportError):
    import readline  # noqa: F401 - gives the prompt a history and keys

PROMPT = "spark-sql> "


def run_prompt(home: Home, statement: str | None, console: Console) -> None:
    """Run one statement, or read statements from the terminal until its end.

    Raises:
        InvalidRequest: the one statement cannot be run.
    """
    os.environ |= {"JAVA_HOME": str(find_java().home), "PYSPARK_PYTHON": sys.executable}
    settings = SparkSettings(jars_dir=cache.require() / "spark")
    spark = open_session(settings, home.require_lake(), "shoplake spark-sql")
    try:
        if statement is not None:
            _show(spark, statement, console)
        else:
            _read_and_run(spark, console)
    finally:
        spark.stop()


def _read_and_run(spark: Any, console: Console) -> None:
    while True:
        try:
            typed = input(PROMPT).strip().rstrip(";")
        except (EOFError, KeyboardInterrupt):
            return
        if typed in ("quit", "exit"):
            return
        if typed:
            try:
                _show(spark, typed, console)
            except InvalidRequest as error:
                console.out(error.message, highlight=False)


def _show(spark: Any, statement: str, console: Console) -> None:
    try:
        console.print(as_table(spark.sql(statement).toArrow()))
    except PySparkException as error:
        raise InvalidRequest(str(error).partition("\nJVM stacktrace")[0], remedy="Correct the statement.") from error
