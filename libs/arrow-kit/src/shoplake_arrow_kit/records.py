"""Messages as librdkafka hands them over, as an Arrow table."""

from collections.abc import Mapping, Sequence
from itertools import accumulate, chain
from typing import Any, TypeAlias, cast

import pyarrow as pa
from confluent_kafka import Message

HEADER = pa.struct([("key", pa.large_string()), ("value", pa.large_binary())])
RECORDS = pa.schema(
    [
        ("topic", pa.large_string()),
        ("epoch", pa.int32()),
        ("partition", pa.int32()),
        ("offset", pa.int64()),
        ("kafka_timestamp", pa.timestamp("us", "UTC")),
        ("key", pa.large_binary()),
        ("value", pa.large_binary()),
        ("headers", pa.large_list(pa.field("element", HEADER))),
    ]
)
"""What a transform of bronze is given: a record's address, the broker's clock, and every byte of the record."""

Headers: TypeAlias = Sequence[tuple[str, Any]] | None


def records(messages: Sequence[Message], epochs: Mapping[str, int]) -> pa.Table:
    """A table of `RECORDS`, in the order of the messages.

    Args:
        messages: None of them an error.
        epochs: The present epoch of every topic that is not in its first life.
    """
    topics = [str(message.topic()) for message in messages]
    millis = pa.array([message.timestamp()[1] for message in messages], pa.int64())
    return pa.Table.from_arrays(
        [
            pa.array(topics, pa.large_string()),
            pa.array([epochs.get(topic, 0) for topic in topics], pa.int32()),
            pa.array([message.partition() for message in messages], pa.int32()),
            pa.array([message.offset() for message in messages], pa.int64()),
            millis.cast(pa.timestamp("ms", "UTC")).cast(pa.timestamp("us", "UTC")),
            pa.array([message.key() for message in messages], pa.large_binary()),
            pa.array([message.value() for message in messages], pa.large_binary()),
            header_lists([_headers(message) for message in messages]),
        ],
        schema=RECORDS,
    )


def header_lists(headers: Sequence[Headers]) -> pa.Array:
    """Lists of key and value, NULL for a record without headers."""
    flat = list(chain.from_iterable(filter(None, headers)))
    pairs = pa.StructArray.from_arrays(
        [pa.array([key for key, _ in flat], pa.large_string()), pa.array([it for _, it in flat], pa.large_binary())],
        fields=list(HEADER),
    )
    ends = list(accumulate((len(row or ()) for row in headers), initial=0))
    # Arrow takes a NULL among the offsets for a list that is NULL.
    starts = [start if row else None for start, row in zip(ends[:-1], headers, strict=True)]
    offsets = pa.array([*starts, ends[-1]], pa.int64())
    return pa.LargeListArray.from_arrays(offsets, pairs).cast(RECORDS.field("headers").type)


def _headers(message: Message) -> Headers:
    """A message's headers; none where one of their names is not the UTF-8 that Kafka's protocol says it is.

    The client raises SystemError then, and what it would return afterwards holds no valid objects: it is not asked for.
    """
    try:
        return cast("Headers", message.headers())
    except SystemError:
        return None
