"""Logs to stderr, one event a line, in which no input can forge a second line or drive a terminal.

Payloads do not belong in a log: bytes are replaced by their size and long texts are cut.
"""

import logging
import sys
from typing import Any, TextIO

import structlog
from structlog.types import EventDict, Processor, WrappedLogger

TEXT_LIMIT = 4000
QUIET = {
    "aiokafka": logging.CRITICAL,
    "httpx": logging.WARNING,
    "py4j": logging.WARNING,
    "uvicorn": logging.WARNING,
}
"""Libraries whose chatter the kit says better itself: one line per reconnect instead of one per request."""


def configure(service: str, level: str = "INFO", *, json: bool = True, stream: TextIO | None = None) -> None:
    """Send everything that is logged, by structlog or by the standard library, to stderr in one form.

    Args:
        service: Named in every line.
        level: Least severe level that is logged.
        json: One JSON object per line; else lines for people.
        stream: Instead of stderr.
    """
    before: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        lambda _, __, event: {"service": service, **event},
    ]
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *before, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(foreign_pre_chain=before, processors=_rendering(json=json))
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for name, least in QUIET.items():
        logging.getLogger(name).setLevel(least)


def escape(text: str) -> str:
    r"""The text with everything that is not printable written as \n, \x1b, \u2028 and the like."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in text)


def harmless(_: WrappedLogger | None, __: str | None, event: EventDict) -> EventDict:
    """Processor: escape texts, cut long ones, replace bytes by their size; a traceback keeps its lines, indented."""
    cleaned: EventDict = {}
    for key, value in event.items():
        if key == "exception":
            cleaned[key] = "\n".join(f"    {escape(line)}" for line in str(value).split("\n"))
        else:
            cleaned[escape(key)] = _clean(value)
    return cleaned


def _clean(value: Any) -> Any:
    if isinstance(value, bytes | bytearray | memoryview):
        return f"<{len(value)} bytes>"
    if isinstance(value, bool | int | float | None):
        return value
    if isinstance(value, dict):
        return {escape(str(key)): _clean(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(inner) for inner in value]
    text = escape(str(value))
    return text if len(text) <= TEXT_LIMIT else f"{text[:TEXT_LIMIT]}… ({len(text)} characters)"


def _rendering(*, json: bool) -> list[Processor]:
    renderer: Processor = (
        structlog.processors.JSONRenderer() if json else structlog.dev.ConsoleRenderer(colors=False, sort_keys=False)
    )
    return [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        structlog.processors.format_exc_info,
        harmless,
        renderer,
    ]
