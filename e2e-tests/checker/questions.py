"""The questions, each a query whose rows are differences: an address and whatever explains it."""

from collections.abc import Iterator

from checker.contract import columns_of, typed_tables
from checker.rows import ADDRESS, A

BY_ADDRESS = f"USING ({A})"


def prepare() -> Iterator[str]:
    """Statements that bring the loaded rows into the shape that the questions need."""
    kept = " UNION ALL ".join(
        f'SELECT \'{name}\' AS "table", {A}, event_id, "timestamp" // 86400000000 AS day FROM kept_{number}'
        for number, name in enumerate(typed_tables())
    )
    yield f"CREATE TABLE kept AS {kept}"
    yield (
        f'CREATE TABLE place AS SELECT {A}, "table", false AS waits FROM kept UNION ALL '
        f"SELECT {A}, 'ops.duplicates', false FROM duplicates UNION ALL "
        f"SELECT {A}, 'silver.quarantine', true FROM quarantine"
    )
    replayed = f"SELECT {A}, count(*) AS times FROM outcomes WHERE outcome = 'replayed' GROUP BY ALL"
    yield f"CREATE TABLE replayed AS {replayed}"


def questions(*, complete: bool, replayed: bool, gold: bool) -> Iterator[tuple[str, str]]:
    """Name of the finding and its query.

    Args:
        complete: whether `sent` is everything that was ever sent to the topics.
        replayed: whether a replay had to restore what is repairable.
        gold: whether gold has to agree with silver.
    """
    yield from _bronze()
    yield from _places()
    yield from _fates(replayed=replayed)
    yield from _copies()
    for number, name in enumerate(typed_tables()):
        yield from _values(number, name)
    if complete:
        yield "not_sent", f"SELECT {A} FROM bronze ANTI JOIN sent {BY_ADDRESS}"
        yield "not_in_bronze", f'SELECT {A}, "table" FROM place ANTI JOIN bronze {BY_ADDRESS}'
    if gold:
        yield "wrong_in_gold", _gold()


def _bronze() -> Iterator[tuple[str, str]]:
    yield "lost_in_bronze", f"SELECT {A} FROM sent ANTI JOIN bronze {BY_ADDRESS}"
    yield (
        "doubled_in_bronze",
        f"SELECT {A}, count(*) FROM bronze SEMI JOIN sent {BY_ADDRESS} GROUP BY {A} HAVING count(*) > 1",
    )
    yield (
        "changed_in_bronze",
        f"SELECT DISTINCT {A} FROM sent s JOIN bronze b {BY_ADDRESS} WHERE s.digest IS DISTINCT FROM b.digest",
    )


def _places() -> Iterator[tuple[str, str]]:
    yield "lost_in_silver", f"SELECT {A} FROM sent ANTI JOIN place {BY_ADDRESS}"
    # A replayed row stays in quarantine, which is append-only, and is beside it where it landed.
    yield (
        "doubled_in_silver",
        (
            f'SELECT {A}, list_sort(list("table")) FROM place SEMI JOIN sent {BY_ADDRESS} '
            f"LEFT JOIN replayed {BY_ADDRESS} GROUP BY {A} HAVING count(*) > 1 AND NOT (count(*) = 2 "
            "AND count(*) FILTER (waits) = 1 AND any_value(times) IS NOT NULL)"
        ),
    )


def _fates(*, replayed: bool) -> Iterator[tuple[str, str]]:
    quarantined = f"FROM sent s JOIN quarantine q {BY_ADDRESS} WHERE s.judged"
    yield (
        "wrong_reason",
        f"SELECT {A}, q.reason || ' instead of ' || s.reason {quarantined} AND s.reason <> q.reason",
    )
    yield "wrongly_quarantined", f"SELECT {A}, q.reason {quarantined} AND s.reason IS NULL"
    yield (
        "changed_in_quarantine",
        f"SELECT {A} FROM sent s JOIN quarantine q {BY_ADDRESS} WHERE s.digest IS DISTINCT FROM q.digest",
    )
    allowed = "NOT s.repairable" if replayed else "true"
    yield (
        "wrongly_accepted",
        (
            f'SELECT {A}, "table", s.reason FROM sent s JOIN place p {BY_ADDRESS} '
            f"WHERE s.judged AND s.reason IS NOT NULL AND NOT waits AND {allowed}"
        ),
    )
    landed = f"(SELECT {A} FROM place WHERE NOT waits)"
    if replayed:
        yield (
            "not_restored",
            (
                f"SELECT {A} FROM sent s WHERE repairable AND NOT "
                f"(({A}) IN {landed} AND ({A}) IN (SELECT {A} FROM replayed))"
            ),
        )
    yield "replayed_without_landing", f"SELECT {A} FROM replayed ANTI JOIN {landed} {BY_ADDRESS}"
    yield "replayed_twice", f"SELECT {A}, times FROM replayed WHERE times > 1"


def _copies() -> Iterator[tuple[str, str]]:
    examples = f"any_value({'), any_value('.join(A.split(', '))})"
    yield (
        "kept_twice",
        (
            f'SELECT {examples}, event_id, "table" FROM (SELECT k.* FROM kept k SEMI JOIN sent {BY_ADDRESS}) '
            'GROUP BY "table", event_id, day HAVING count(*) > 1'
        ),
    )
    same = " AND ".join(f'k."{name}" = d.kept_{name}' for name in ADDRESS)
    mine = ", ".join(f'd."{name}"' for name in ADDRESS)
    yield (
        "copy_without_kept",
        (
            f"SELECT {mine}, d.event_id, d.kept_topic, d.kept_partition, d.kept_offset "
            f"FROM (SELECT d.* FROM duplicates d SEMI JOIN sent {BY_ADDRESS}) d "
            f'LEFT JOIN kept k ON k."table" = d."table" AND {same} WHERE k.event_id IS DISTINCT FROM d.event_id'
        ),
    )


def _values(number: int, name: str) -> Iterator[tuple[str, str]]:
    kept = f"(SELECT k.* FROM kept_{number} k SEMI JOIN sent {BY_ADDRESS})"
    yield (
        "wrong_table",
        f"SELECT {A}, '{name}' FROM {kept} SEMI JOIN bronze {BY_ADDRESS} ANTI JOIN said_{number} {BY_ADDRESS}",
    )
    changed = ", ".join(
        f'CASE WHEN k."{column.name}" IS DISTINCT FROM s."{column.name}" THEN \'{column.name}\' END'
        for column in columns_of(typed_tables()[name])
    )
    found = f"list_filter([{changed}], lambda it: it IS NOT NULL) AS found"
    compared = f"SELECT DISTINCT {A}, '{name}', {found} FROM {kept} k JOIN said_{number} s {BY_ADDRESS}"
    yield "changed_value", f"SELECT * FROM ({compared}) WHERE found <> []"


def _gold() -> str:
    """Days whose money in gold is not what silver adds up to; a day must be there once."""
    purchases = f"kept_{list(typed_tables()).index('silver.purchases')}"
    base = "currency IN (SELECT currency FROM gold_days)"
    silver = (
        'SELECT make_timestamp("timestamp")::DATE AS day, '
        f"coalesce(sum(total_amount) FILTER (event_type = 'purchase' AND {base}), 0) AS gross, "
        f"coalesce(sum(total_amount) FILTER (event_type = 'refund' AND {base}), 0) AS refunds, "
        f"count(*) FILTER (event_type = 'refund' AND {base}) AS refund_count FROM {purchases} GROUP BY day"
    )
    gold = (
        "SELECT day, sum(gross) AS gross, sum(refunds) AS refunds, sum(refund_count) AS refund_count, "
        "count(*) AS times FROM gold_days GROUP BY day"
    )
    differs = " OR ".join(
        f"coalesce(s.{name}, 0) <> coalesce(g.{name}, 0)" for name in ("gross", "refunds", "refund_count")
    )
    return (
        "SELECT day, s.gross, g.gross, s.refunds, g.refunds, times "
        f"FROM ({silver}) s FULL JOIN ({gold}) g USING (day) WHERE times IS DISTINCT FROM 1 OR {differs}"
    )
