"""Counts what was staged from the files as they lie in storage, never from the memory they were written from."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import reduce
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyiceberg.io import FileIO

from shoplake_lake_kit.ports import Role, Staged
from shoplake_lake_kit.topic_life import life_name
from shoplake_lake_kit.touched import Ends, Touched, by_day
from shoplake_lake_kit.vector import Counts

# By what the rows of a table are told apart in the metrics.
_KINDS: Mapping[Role, str] = {Role.QUARANTINED: "reason", Role.DUPLICATES: "table"}
_ADDRESS = ("topic", "epoch", "partition")
_CLOCKS = {"event_time": "timestamp", "appended_at": "kafka_timestamp"}
_HAPPENED, _ARRIVED = "timestamp", "ingested_at"
# Bronze's rows arrive as they are written, and when they happened it does not judge.
_ARRIVED_IN_BRONZE = "processing_time"
_SECOND = 1_000_000
Group = Mapping[str, Any]


def recount(storage: FileIO, paths: Sequence[str], role: Role, *, attempt: str, snapshot_id: int | None) -> Staged:
    """What an attempt's files hold, by life and partition of the events' topic; of a DERIVED table only how many rows.

    Args:
        storage: Where the files lie.
        paths: Each file as the table names it.
        role: Of the table they were written for.
        attempt: Under which they were staged.
        snapshot_id: Of the staged snapshot that names them, where there is one.
    """
    kind, rows = _KINDS.get(role), 0
    groups: list[Group] = []
    touched: list[Touched | None] = []
    for path in paths:
        with storage.new_input(path).open() as stream, pq.ParquetFile(stream) as file:
            rows += file.metadata.num_rows
            if role is not Role.DERIVED:
                held = _read(file, kind)
                groups += _groups(held, kind)
                touched.append(_touched(held))
    lives = ((life_name(it["topic"], it["epoch"]), it["partition"], it["n"]) for it in groups)
    clocks: dict[str, Any] = {
        f"{name}_{edge}": _instant(choose, groups, f"{column}_{edge}")
        for name, column in _CLOCKS.items()
        for edge, choose in (("min", min), ("max", max))
    }
    return Staged(
        snapshot_id=snapshot_id,
        attempt=attempt,
        counts=Counts.from_items(lives),
        rows=rows,
        touched=None if role is Role.DERIVED else _together(touched),
        kinds=_kinds(groups, kind),
        **clocks,
    )


def _read(file: pq.ParquetFile, kind: str | None) -> pa.Table:
    """Address, kind and clocks of the rows of a file; the clocks, of which no table has all, in microseconds."""
    clocks = [name for name in (*_CLOCKS.values(), _arrived(file.schema_arrow)) if name in file.schema_arrow.names]
    rows = file.read([*_ADDRESS, *([kind] if kind else []), *clocks])
    for name in clocks:
        rows = rows.set_column(rows.column_names.index(name), name, rows[name].cast(pa.int64()))
    return rows


def _groups(rows: pa.Table, kind: str | None) -> list[Group]:
    """Number of rows and bounds of the clocks, in microseconds, per topic, epoch, partition and kind."""
    keys = [*_ADDRESS, kind] if kind else list(_ADDRESS)
    clocks = [column for column in _CLOCKS.values() if column in rows.column_names]
    counted = rows.select([*keys, *clocks]).append_column("n", rows[_ADDRESS[0]])
    bounds = [(column, edge) for column in clocks for edge in ("min", "max")]
    grouped: list[Group] = counted.group_by(keys).aggregate([("n", "count"), *bounds]).to_pylist()
    return [{**group, "n": group["n_count"]} for group in grouped]


def _touched(rows: pa.Table) -> Touched | None:
    """The days of some rows; None unless all of them tell when they arrived."""
    arrived = _arrived(rows.schema)
    if arrived not in rows.column_names or rows[arrived].null_count:
        return None
    happened = () if arrived == _ARRIVED_IN_BRONZE else _days(rows, _HAPPENED)
    return Touched(happened=happened, arrived=_days(rows, arrived))


def _arrived(schema: pa.Schema) -> str:
    return _ARRIVED if _ARRIVED in schema.names else _ARRIVED_IN_BRONZE


def _days(rows: pa.Table, clock: str) -> tuple[Ends, ...]:
    if clock not in rows.column_names:
        return ()
    at = rows[clock].drop_null()
    found = pa.table({"at": at, "day": pc.floor_temporal(at.cast(pa.timestamp("us")), unit="day")})
    ends = found.group_by("day").aggregate([("at", "min"), ("at", "max")]).to_pylist()
    return by_day((day["at_min"] // _SECOND, day["at_max"] // _SECOND) for day in ends)


def _together(parts: Sequence[Touched | None]) -> Touched | None:
    told = [part for part in parts if part]
    whole = reduce(Touched.plus, told, Touched())
    return whole if len(told) == len(parts) and whole.is_short else None


def _kinds(groups: Iterable[Group], kind: str | None) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for group in groups if kind else ():
        of_topic = found.setdefault(group["topic"], {})
        of_topic[group[str(kind)]] = of_topic.get(group[str(kind)], 0) + group["n"]
    return found


def _instant(choose: Callable[[Iterable[int]], int], groups: Iterable[Group], name: str) -> datetime | None:
    found = [group[name] for group in groups if group.get(name) is not None]
    return datetime.fromtimestamp(0, UTC) + timedelta(microseconds=choose(found)) if found else None
