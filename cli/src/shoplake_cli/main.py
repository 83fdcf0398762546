"""The `shoplake` command: which commands there are, and how an error becomes a sentence and an exit code."""

import sys

import typer
from rich.console import Console
from shoplake_contracts.errors import ShoplakeError

from shoplake_cli.commands import control, feed, generate, lake, machine, proof, stack
from shoplake_cli.stack.output import printable

FAILED = 2

HELP = """\
Shoplake on one machine: Kafka to bronze, silver and gold tables, with proof that no event is missing.

Two commands to begin with:

\b
    shoplake demo        50,000 events through everything, and the figures
    shoplake up          keep it running, with a shop's traffic

While it runs, in another terminal:

\b
    shoplake status      what is up
    shoplake accounting  where every event is
    shoplake audit       the same, recounted from every address
    shoplake sql "SELECT * FROM iceberg.gold.daily_sales_summary"
    shoplake generate    1000 events; --continuous until Ctrl-C
    shoplake replay uci-online-retail FILE --wait
    shoplake down        stop, whoever started it
"""

app = typer.Typer(help=HELP, no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False)

RUNNING_IT, LOOKING, FEEDING, CONTROL, MACHINE = "Stack", "Look", "Feed", "Control", "Machine"
app.command("up", rich_help_panel=RUNNING_IT)(stack.up)
app.command("down", rich_help_panel=RUNNING_IT)(stack.down)
app.command("status", rich_help_panel=RUNNING_IT)(stack.show_status)
app.command("clean", rich_help_panel=RUNNING_IT)(stack.clean)
app.command("demo", rich_help_panel=FEEDING)(feed.demo)
app.command("generate", rich_help_panel=FEEDING)(generate.generate)
app.command("replay", rich_help_panel=FEEDING)(feed.replay)
# A statement may begin with a comment, which looks like an option.
app.command("sql", rich_help_panel=LOOKING, context_settings={"ignore_unknown_options": True})(lake.sql)
app.command("spark-sql", rich_help_panel=LOOKING)(lake.spark_sql)
app.command("accounting", rich_help_panel=LOOKING)(lake.accounting)
app.command("audit", rich_help_panel=LOOKING)(proof.audit)
app.command("passport", rich_help_panel=LOOKING)(proof.passport)
app.command("start", rich_help_panel=CONTROL)(control.start)
app.command("stop", rich_help_panel=CONTROL)(control.stop)
app.command("pause", rich_help_panel=CONTROL)(control.pause)
app.command("resume", rich_help_panel=CONTROL)(control.resume)
app.command("restart", rich_help_panel=CONTROL)(control.restart)
app.command("jars", rich_help_panel=MACHINE)(machine.jars)
app.command("archive-classes", rich_help_panel=MACHINE)(machine.archive_classes)
app.command("preflight", rich_help_panel=MACHINE)(machine.show_preflight)


def main() -> None:
    """Run the command line; an error that was foreseen is one sentence and what to do, and exit code 2."""
    try:
        app()
    except ShoplakeError as error:
        print_error(error, Console(stderr=True, highlight=False))
        sys.exit(FAILED)


def print_error(error: ShoplakeError, console: Console) -> None:
    """The sentence, then the remedy."""
    for line in f"{error.code}: {error.message}".splitlines():
        console.out(printable(line), highlight=False)
    console.out(printable(error.advice), highlight=False)


if __name__ == "__main__":
    main()
