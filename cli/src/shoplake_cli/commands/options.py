"""Options that several commands share, and the terminal they print to."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

console = Console(highlight=False)

HomeOption = Annotated[
    Path | None,
    typer.Option("--home", help="Folder of the stack. Default: $SHOPLAKE_HOME, else ./.shoplake", show_default=False),
]
JsonOption = Annotated[bool, typer.Option("--json", help="JSON for another program")]


def say(line: str) -> None:
    """A line of progress, as it is."""
    console.out(line, highlight=False)
