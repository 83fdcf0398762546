"""The replay: file → rows → lines → groups → events → Kafka, in one pass and bounded memory."""

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from shoplake_contracts.errors import InvalidRequest
from shoplake_service_kit.event_publisher import Acknowledged, Message, Unacknowledged

from .build import EventBuilder, Outgoing, as_it_is
from .groups import Grouper
from .lines import LineParser
from .mapping import Mapping
from .pace import Pace
from .report import Progress, Report
from .rows import read_rows

CHUNK_EVENTS = 1_000
ATTEMPTS = 8
FIRST_DELAY = 0.5
ProgressCallback = Callable[[Progress], None]


class Sink(Protocol):
    """Where events go."""

    acknowledged: Acknowledged

    async def publish(self, messages: Sequence[Message]) -> None:
        """Return when all are confirmed; raises `Unacknowledged` with those that are not."""


def outgoing(file: Path, mapping: Mapping) -> Iterator[Outgoing]:
    """All messages a file becomes, in event time; pure but for reading.

    Raises:
        InvalidRequest: the file cannot be read or is another data set.
    """
    parser, grouper, builder = LineParser(mapping), Grouper(mapping.group), EventBuilder(mapping)
    for row in read_rows(file, mapping):
        line = parser.parse(row)
        if line is None:
            yield replace(as_it_is(row.raw, row.read), bad=True)
            continue
        for group in grouper.add(line):
            yield from builder.build(group)
    for group in grouper.rest():
        yield from builder.build(group)


class Replay:
    """One run of a file into a sink.

    Args:
        file: A .csv or .csv.gz.
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
        report = self._report
        for event in chunk:
            report.sent[event.message.topic] += 1
            report.event_types[event.event_type] += 1
            report.lines += event.lines
            report.bad_rows += event.bad
        report.ends = dict(self._sink.acknowledged.ends)
        self._tell(max(event.read for event in chunk))

    async def _publish(self, messages: Sequence[Message]) -> None:
        for attempt in range(ATTEMPTS):
            try:
                return await self._sink.publish(messages)
            except Unacknowledged as error:
                if attempt == ATTEMPTS - 1:
                    raise
                messages = error.messages
                await asyncio.sleep(FIRST_DELAY * 2**attempt)
        return None

    def _tell(self, read: int) -> None:
        if self._progress is not None:
            seconds = time.monotonic() - self._started
            sent = self._report.total
            self._progress(Progress(sent, read, self._file.stat().st_size, sent / seconds if seconds else 0.0))


def _stamped(message: Message) -> Message:
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ").encode()
    return replace(message, headers=(*message.headers, ("produced_at", now)))
