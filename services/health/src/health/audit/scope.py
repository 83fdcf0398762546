"""Which addresses an audit looks at, partition by partition, and what the stamps say about each partition."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pyarrow as pa
from pyiceberg.expressions import BooleanExpression
from shoplake_contracts.errors import InvalidRequest
from shoplake_lake_kit.reader import EVERYTHING
from shoplake_lake_kit.topic_life import split_life

from health.audit.request import AuditRequest
from health.filters import all_equal, all_of, any_of, at_least, equal
from health.pins import Pins

Partition = tuple[str, int, int]
PARTITION = ("topic", "epoch", "partition")


@dataclass(frozen=True, slots=True)
class Span:
    """One partition in one life of a topic.

    Attributes:
        start: The first offset looked at.
        position: Silver's lowest position: below it every event must have arrived.
        bronze: Bronze's position: below it bronze must have every event.
        gaps: Offsets that never held an event, as counted by bronze's stamp.
        twice: Rows in quarantine that are at home as well, as counted by silver's stamps.
    """

    topic: str
    epoch: int
    partition: int
    start: int
    position: int
    bronze: int
    gaps: int
    twice: int


@dataclass(frozen=True)
class Scope:
    """All spans, and whether they are all there is (`whole`), so that the stamps' totals can be compared."""

    spans: tuple[Span, ...]
    whole: bool
    row_filter: BooleanExpression


def scope_of(pins: Pins, request: AuditRequest, now: datetime) -> Scope:
    """The spans that a request means.

    Raises:
        InvalidRequest: It names a topic that the lake has never seen: an audit of nothing would hold.
    """
    spans = tuple(_spans(pins, request.topics))
    unknown = set(request.topics or ()) - {span.topic for span in spans}
    if unknown:
        known = ", ".join(sorted({span.topic for span in _spans(pins, None)})) or "none yet"
        raise InvalidRequest(f"the lake has never seen {', '.join(sorted(unknown))}; it has {known}")
    if request.hours is None:
        return Scope(spans, whole=True, row_filter=_of_topics(request))
    starts = _starts(pins, request, now - timedelta(hours=request.hours))
    late = tuple(_from(span, starts) for span in spans)
    return Scope(late, whole=False, row_filter=_ranges(late))


def _spans(pins: Pins, topics: Iterable[str] | None) -> Iterator[Span]:
    position, bronze, totals, twice = pins.position, pins.bronze.position, pins.bronze.totals, pins.twice
    for life, number, _ in pins.origin.extended(bronze).extended(position).entries():
        topic, epoch = split_life(life)
        if topics is None or topic in topics:
            yield Span(
                topic=topic,
                epoch=epoch,
                partition=number,
                start=pins.origin.at(life, number),
                position=position.at(life, number),
                bronze=bronze.at(life, number),
                gaps=totals.offset_gaps.at(life, number),
                twice=twice.at(life, number),
            )


def _starts(pins: Pins, request: AuditRequest, since: datetime) -> dict[Partition, int]:
    """The first offset of every partition that arrived since then."""
    recent = all_of([_of_topics(request), at_least("kafka_timestamp", since)])
    found: dict[Partition, int] = {}
    for batch in pins.bronze.batches((*PARTITION, "offset", "kafka_timestamp"), recent):
        lowest = pa.Table.from_batches([batch]).group_by(list(PARTITION)).aggregate([("offset", "min")])
        for row in lowest.to_pylist():
            key = (row["topic"], row["epoch"], row["partition"])
            found[key] = min(row["offset_min"], found.get(key, row["offset_min"]))
    return found


def _from(span: Span, starts: Mapping[Partition, int]) -> Span:
    """The span from its first recent event on; empty if it has none."""
    start = starts.get((span.topic, span.epoch, span.partition), max(span.bronze, span.position))
    return replace(span, start=max(start, span.start))


def _of_topics(request: AuditRequest) -> BooleanExpression:
    if request.topics is None:
        return EVERYTHING
    return any_of(equal("topic", topic) for topic in request.topics)


def _ranges(spans: Iterable[Span]) -> BooleanExpression:
    return any_of(all_of([all_equal(_names(span)), at_least("offset", span.start)]) for span in spans)


def _names(span: Span) -> dict[str, str | int]:
    return {"topic": span.topic, "epoch": span.epoch, "partition": span.partition}
