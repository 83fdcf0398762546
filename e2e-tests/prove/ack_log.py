"""The truth of a load: for every send where it was put and what has to become of it, in columns instead of objects."""

import hashlib
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from shoplake_contracts.reasons import Reason

from prove.plan import ALL_TOPICS, Plan, Record

DIGEST = 32
_REASONS = (None, *Reason)
_TOPIC_CODE = {topic: code for code, topic in enumerate(ALL_TOPICS)}
_REASON_CODE = {reason: code for code, reason in enumerate(_REASONS)}


class AckLog:
    """Filled by the producer, one line per send; some 60 bytes each. Each line has one writer."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._topic = np.zeros(plan.events, np.int8)
        self._partition = np.full(plan.events, -1, np.int32)
        self._offset = np.full(plan.events, -1, np.int64)
        self._reason = np.zeros(plan.events, np.int8)
        self._event = np.full(plan.events, -1, np.int64)
        self._repairable = np.zeros(plan.events, np.bool_)
        self._present = np.zeros(plan.events, np.bool_)
        self._digests = bytearray(plan.events * DIGEST)

    def sent(self, number: int, record: Record) -> None:
        """A record was given to the client."""
        self._topic[number] = _TOPIC_CODE[record.topic]
        self._reason[number] = _REASON_CODE[record.reason]
        self._event[number] = record.event
        self._repairable[number] = record.repairable
        if record.payload is not None:
            self._present[number] = True
            self._digests[number * DIGEST : (number + 1) * DIGEST] = hashlib.sha256(record.payload).digest()

    def acknowledged(self, number: int, partition: int, offset: int) -> None:
        """The broker has it."""
        self._partition[number] = partition
        self._offset[number] = offset

    def table(self) -> pa.Table:
        """Every acknowledged send, as the checker takes it."""
        digests = pa.FixedSizeBinaryArray.from_buffers(
            pa.binary(DIGEST), len(self._offset), [None, pa.py_buffer(self._digests)]
        )
        ids = [self._plan.event_id(number) if number >= 0 else None for number in self._event.tolist()]
        columns = {
            "topic": _named(self._topic, ALL_TOPICS),
            "epoch": pa.array(np.zeros(len(self._offset), np.int32)),
            "partition": pa.array(self._partition),
            "offset": pa.array(self._offset),
            "digest": pa.compute.if_else(pa.array(self._present), digests, pa.scalar(None, pa.binary(DIGEST))),
            "event_id": pa.array(ids, pa.string()),
            "reason": _named(self._reason, _REASONS),
            "judged": pa.array(np.ones(len(self._offset), np.bool_)),
            "repairable": pa.array(self._repairable),
        }
        return pa.table(columns).filter(pa.array(self._offset >= 0))

    def write(self, path: Path) -> str:
        """Write it sorted by address; returns the sha256 over its values."""
        rows = self.table().sort_by([(name, "ascending") for name in ("topic", "partition", "offset")])
        pq.write_table(rows, path, compression="zstd")
        digest = hashlib.sha256()
        for batch in rows.to_batches(max_chunksize=50_000):
            digest.update(repr(batch.to_pylist()).encode())
        return digest.hexdigest()


def _named(codes: np.ndarray, names: tuple[str | None, ...]) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(codes), pa.array([*names], pa.string())).cast(pa.string())
