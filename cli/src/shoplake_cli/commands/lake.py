"""sql, spark-sql, accounting: looking at what is in the lake."""

import json
from typing import Annotated

import typer

from shoplake_cli.client import Client
from shoplake_cli.commands.options import HomeOption, JsonOption, console, say
from shoplake_cli.stack.layout import Home
from shoplake_cli.stack.state import require_running


def sql(
    statement: Annotated[
        str, typer.Argument(metavar="SQL", help="In DuckDB's dialect; tables as iceberg.<ns>.<table>")
    ],
    *,
    as_json: JsonOption = False,
    csv: Annotated[bool, typer.Option("--csv", help="CSV with a header")] = False,
    home: HomeOption = None,
) -> None:
    """Ask the tables, without a JVM (PyIceberg and DuckDB); works while the stack is up or down.

    For example:

        shoplake sql "SELECT * FROM iceberg.gold.daily_sales_summary"

        shoplake sql --csv "SELECT reason, count(*) FROM iceberg.silver.quarantine GROUP BY 1"
    """
    from shoplake_lake_kit.query import run_sql  # noqa: PLC0415 - DuckDB and PyIceberg take a second to load

    from shoplake_cli.results import as_csv, as_table  # noqa: PLC0415 - as above
    from shoplake_cli.results import as_json as rows_as_json  # noqa: PLC0415 - as above

    answer = run_sql(Home.at(home).require_lake(), statement)
    if as_json or csv:
        print(rows_as_json(answer) if as_json else as_csv(answer))
    else:
        console.print(as_table(answer))


def spark_sql(
    *,
    execute: Annotated[
        str | None, typer.Option("-e", metavar="SQL", help="Run this and end", show_default=False)
    ] = None,
    home: HomeOption = None,
) -> None:
    """Ask the tables with Spark: its dialect, its functions, Iceberg's metadata tables and procedures.

    Example: shoplake spark-sql -e "SELECT * FROM iceberg.silver.purchases.snapshots"
    """
    from shoplake_cli.spark_prompt import run_prompt  # noqa: PLC0415 - Spark is needed by this command only

    run_prompt(Home.at(home), execute, console)


def accounting(*, as_json: JsonOption = False, home: HomeOption = None) -> None:
    """Where every event is: produced = bronze = silver + quarantined + duplicates, and how many are missing."""
    from shoplake_cli.equation import equation_tables  # noqa: PLC0415 - keeps the other commands quick

    found = Client(require_running(Home.at(home)).ports, timeout=60).accounting()
    if as_json:
        say(json.dumps(found, indent=1))
    else:
        console.print(equation_tables(found))
