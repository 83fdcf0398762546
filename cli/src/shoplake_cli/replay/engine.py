"""The replay: file → rows → lines → events → Kafka, in one pass and bounded memory."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from shoplake_contracts.errors import InvalidRequest
from shoplake_service_kit.event_publisher import Acknowledged, Message, Unacknowledged

from .build import Outgoing, as_it_is
from .gathering import gathering_of
from .lines import LineParser, RowError
from .mapping import Mapping
from .pace import Pace
from .report import Progress, ProgressCallback, Report
from .rows import read_rows

CHUNK_EVENTS = 1_000
ATTEMPTS = 8
FIRST_DELAY = 0.5


class Sink(Protocol):
    """Where events go."""

    acknowledged: Acknowledged

    async def publish(self, messages: Sequence[Message]) -> object:
        """Return when all are confirmed; raises `Unacknowledged` with those that are not."""


def outgoing(file: Path, mapping: Mapping) -> Iterator[Outgoing]:
    """All messages a file becomes; pure but for reading.

    What waits for nothing comes in the order of the file, groups in the order of their time.

    Raises:
        InvalidRequest: the file cannot be read or is another data set.
    """
    parser, gathering = LineParser(mapping), gathering_of(mapping)
    for row in read_rows(file, mapping):
        try:
            line = parser.parse(row)
        except RowError as error:
            yield as_it_is(row, why_bad=str(error))
            continue
        yield from gathering.take(line)
    yield from gathering.rest()


class Replay:
    """One run of a file into a sink.

    Args:
        file: Text, .gz or not.
        mapping: How to read it.
        sink: Where events go.
        speed: Event seconds per real second; None for as fast as the sink takes them.
        progress: Told after each chunk.
    """

    def __init__(
        self, file: Path, mapping: Mapping, sink: Sink, speed: float | None, progress: ProgressCallback | None = None
    ) -> None:
        if speed is not None and speed <= 0:
            raise InvalidRequest("The speed must be above 0.", remedy="Give a factor such as 60, or max.")
        self._file = file
        self._mapping = mapping
        self._sink = sink
        self._progress = progress
        self._started = time.monotonic()
        self._pace = Pace(speed, self._started)
        self._report = Report()
        self._chunk: list[Outgoing] = []
        self._read = 0

    async def run(self) -> Report:
        """Send everything; returns when all of it is confirmed.

        Raises:
            InvalidRequest: the file cannot be read, or is damaged (what stands before the damage was sent).
            Unacknowledged: Kafka did not confirm, although it was tried again for a while.
        """
        try:
            for event in outgoing(self._file, self._mapping):
                await self._hold(event)
                self._chunk.append(event)
                if len(self._chunk) >= CHUNK_EVENTS:
                    await self._send()
        finally:
            await self._send()
        self._report.seconds = time.monotonic() - self._started
        return self._report

    async def _hold(self, event: Outgoing) -> None:
        """Wait until the event is due; what waits meanwhile goes out first."""
        if self._pace.wait(event.time, time.monotonic()) > 0:
            await self._send()
            await asyncio.sleep(self._pace.wait(event.time, time.monotonic()))

    async def _send(self) -> None:
        chunk, self._chunk = self._chunk, []
        if not chunk:
            return
        await self._publish([_stamped(event.message) for event in chunk])
        for event in chunk:
            self._report.count(event)
        self._report.ends = dict(self._sink.acknowledged.ends)
        # A group was read before the lines that went out while it waited.
        self._read = max(self._read, *(event.read for event in chunk))
        self._tell()

    async def _publish(self, messages: Sequence[Message]) -> None:
        for attempt in range(ATTEMPTS):
            try:
                await self._sink.publish(messages)
            except Unacknowledged as error:
                if attempt == ATTEMPTS - 1:
                    raise
                messages = error.messages
                await asyncio.sleep(FIRST_DELAY * 2**attempt)
            else:
                return

    def _tell(self) -> None:
        if self._progress is not None:
            size, seconds = self._file.stat().st_size, time.monotonic() - self._started
            self._progress(Progress(self._report.total, self._read, size, seconds))


def _stamped(message: Message) -> Message:
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ").encode()
    return Message(message.topic, message.key, message.value, (*message.headers, ("produced_at", now)))
