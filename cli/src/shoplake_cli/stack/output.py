"""Where the processes' lines go: a file each, and the terminal with the name in front."""

import logging
from logging.handlers import RotatingFileHandler

from rich.console import Console
from rich.text import Text

from shoplake_cli.stack.layout import Home

LOG_BYTES = 20_000_000
WIDTH = 14
SELF = "shoplake"
COLOURS = {
    SELF: "bold",
    "kafka": "blue",
    "generator": "magenta",
    "bronze-ingest": "yellow",
    "silver-process": "cyan",
    "gold-batch": "bright_yellow",
    "health": "green",
}


class Output:
    """Writes lines of several threads; `quiet` keeps those of the children off the terminal."""

    def __init__(self, home: Home, console: Console, *, quiet: bool) -> None:
        self._home = home
        self._console = console
        self._quiet = quiet
        self._gone = False
        self._files: dict[str, RotatingFileHandler] = {}

    def child(self, name: str, line: str) -> None:
        """A line of a child."""
        self._file(name).handle(logging.LogRecord(name, logging.INFO, "", 0, line, None, None))
        if not self._quiet:
            self._print(name, line)

    def say(self, line: str) -> None:
        """A line of the supervisor itself: always shown."""
        self._print(SELF, line)

    def tail(self, name: str, lines: int = 20) -> list[str]:
        """The last lines of a child's log."""
        return tail(self._home, name, lines)

    def close(self) -> None:
        """Close the files."""
        for file in self._files.values():
            file.close()

    def _file(self, name: str) -> RotatingFileHandler:
        if name not in self._files:
            self._files[name] = RotatingFileHandler(self._home.log(name), maxBytes=LOG_BYTES, backupCount=1)
        return self._files[name]

    def _print(self, name: str, line: str) -> None:
        if self._gone:
            return
        prefix = (f"{name:<{WIDTH}} | ", COLOURS.get(name, "white"))
        try:
            self._console.print(Text.assemble(prefix, printable(line)), soft_wrap=True)
        except OSError:
            # The terminal is gone: a stack goes on, into its logs, or its processes would block on a full pipe.
            self._gone = True


def tail(home: Home, name: str, lines: int = 20) -> list[str]:
    """The last lines of a process's log, fit for a terminal."""
    path = home.log(name)
    text = path.read_text(errors="backslashreplace") if path.exists() else ""
    return [printable(line) for line in text.splitlines()[-lines:]]


def printable(text: str) -> str:
    """The text with control characters spelled out: what a service logs must not steer a terminal."""
    return "".join(char if char.isprintable() or char == "\t" else f"\\x{ord(char):02x}" for char in text)
