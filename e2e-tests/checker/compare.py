"""One comparison from beginning to end: load, ask, sum up."""

import hashlib
import tempfile
from collections.abc import Sequence
from pathlib import Path

import duckdb
import pyarrow as pa
from sender import Ack

from checker.contract import typed_tables
from checker.lake import Lake, open_database
from checker.questions import prepare, questions
from checker.rows import A, load
from checker.verdict import Finding, Verdict

EXAMPLES = 20
SENT = pa.schema(
    [
        ("topic", pa.string()),
        ("epoch", pa.int32()),
        ("partition", pa.int32()),
        ("offset", pa.int64()),
        ("digest", pa.binary()),
        ("event_id", pa.string()),
        ("reason", pa.string()),
        ("judged", pa.bool_()),
        ("repairable", pa.bool_()),
    ]
)
"""What a producer knows of a send: where it is, sha256 of its payload (NULL: none), the event it carries, the reason
for which it has to be quarantined (NULL: it is good), whether these two are known, whether a replay must restore it."""


def check(home: Path, acks: Sequence[Ack]) -> Verdict:
    """Compare a producer's acknowledgements, of which nothing else is known, with a home's warehouse."""
    rows = [
        {
            "topic": ack.topic,
            "epoch": ack.epoch,
            "partition": ack.partition,
            "offset": ack.offset,
            "digest": None if ack.payload is None else hashlib.sha256(ack.payload).digest(),
            "judged": False,
            "repairable": False,
        }
        for ack in acks
    ]
    return compare(home, pa.Table.from_pylist(rows, schema=SENT))


def compare(
    home: Path, sent: pa.Table, *, complete: bool = False, replayed: bool = False, gold: bool = False
) -> Verdict:
    """Compare everything known of what was sent with a home's warehouse.

    Args:
        home: of a stack, running or not.
        sent: of schema `SENT`.
        complete: whether nothing else was ever sent to the topics.
        replayed: whether a replay had to restore what is repairable.
        gold: whether gold has caught up and has to agree with silver, its days being UTC's.
    """
    with tempfile.TemporaryDirectory(prefix="checker-") as folder, open_database(Path(folder)) as db:
        db.register("given", sent.cast(SENT))
        db.execute("CREATE TABLE sent AS FROM given")
        lake = Lake(home, db)
        try:
            figures = load(lake)
        finally:
            lake.close()
        for statement in prepare():
            db.execute(statement)
        asked = list(questions(complete=complete, replayed=replayed, gold=gold))
        return Verdict(_findings(db, asked), figures, _content(db))


def _findings(db: duckdb.DuckDBPyConnection, asked: list[tuple[str, str]]) -> tuple[Finding, ...]:
    counts: dict[str, int] = {}
    examples: dict[str, list[tuple[object, ...]]] = {}
    for name, query in asked:
        db.execute(f"CREATE OR REPLACE TEMP TABLE answer AS {query}")
        ((count,),) = db.execute("SELECT count(*) FROM answer").fetchall()
        if count:
            counts[name] = counts.get(name, 0) + count
            found = db.execute(f"FROM answer ORDER BY ALL LIMIT {EXAMPLES}").fetchall()
            examples[name] = [*examples.get(name, []), *found][:EXAMPLES]
    return tuple(Finding(name, count, tuple(examples[name])) for name, count in counts.items())


def _content(db: duckdb.DuckDBPyConnection) -> str:
    digest = hashlib.sha256()
    for number, name in enumerate(typed_tables()):
        digest.update(name.encode())
        rows = db.execute(f"SELECT md5(to_json(k)::VARCHAR) FROM kept_{number} k ORDER BY {A}")
        while some := rows.fetchmany(10_000):
            digest.update("".join(row[0] for row in some).encode())
    return digest.hexdigest()
