"""What a log line may look like, whatever was put in."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog
from shoplake_service_kit import log

NASTY = 'line\r\nFAKE {"level": "info"}\x1b[31m\x00\u2028\u202e\x9b end'


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield io.StringIO()
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()


@pytest.mark.parametrize("as_json", [True, False])
def test_no_input_makes_a_second_line_or_drives_a_terminal(stream: io.StringIO, as_json: bool) -> None:  # noqa: FBT001
    log.configure("shop", json=as_json, stream=stream)
    structlog.get_logger().info("event", value=NASTY, nested={"deep": NASTY}, **{"key\n": 1})
    logging.getLogger("other").warning("from a library: %s", NASTY)
    text = stream.getvalue()
    assert text.count("\n") == 2
    assert all(character.isprintable() or character == "\n" for character in text)


def test_one_object_per_line_with_service_level_and_time(stream: io.StringIO) -> None:
    log.configure("shop", stream=stream)
    structlog.get_logger().warning("late", seconds=3)
    line = json.loads(stream.getvalue())
    assert line.pop("timestamp").endswith("Z")
    assert line == {"service": "shop", "event": "late", "level": "warning", "seconds": 3}


def test_below_the_level_nothing_is_written(stream: io.StringIO) -> None:
    log.configure("shop", "WARNING", stream=stream)
    structlog.get_logger().info("chatter")
    logging.getLogger("aiokafka").error("cannot connect")
    assert stream.getvalue() == ""


def test_bytes_are_a_size_and_long_texts_are_cut(stream: io.StringIO) -> None:
    log.configure("shop", stream=stream)
    structlog.get_logger().info("poison", payload=b"secret" * 10, text="x" * 10_000)
    line = json.loads(stream.getvalue())
    assert line["payload"] == "<60 bytes>"
    assert len(line["text"]) < 4100


@pytest.mark.parametrize("as_json", [True, False])
def test_a_traceback_cannot_forge_a_line(stream: io.StringIO, as_json: bool) -> None:  # noqa: FBT001
    log.configure("shop", json=as_json, stream=stream)
    try:
        int(NASTY)
    except ValueError:
        structlog.get_logger().exception("failed")
    first, *rest = stream.getvalue().splitlines()
    assert "failed" in first
    assert all(line.startswith("    ") for line in rest)
    assert "Traceback" in stream.getvalue()
