"""Offsets that bronze has passed and does not hold, though its stamp does not explain them.

An offset below bronze's position is held, or accepted as lost, or erased, or never held an event: a transaction's
marker, an aborted record. Of the last kind the stamp knows the number only, so where there are such offsets a missing
one can be told by its number, and by its address only if silver has it; the rest are candidates.
"""

from typing import Any

from health.audit.workspace import Workspace

_GAPS = """
    CREATE TABLE gap AS
    WITH covered AS (
        SELECT topic, epoch, part, off AS start, off + 1 AS stop FROM held
        UNION ALL SELECT topic, epoch, part, off, off + 1 FROM erased
        UNION ALL SELECT topic, epoch, part, start, stop FROM lost
        UNION ALL SELECT topic, epoch, part, start, start FROM span
        UNION ALL SELECT topic, epoch, part, bronze, bronze FROM span
    ), reached AS (
        SELECT topic, epoch, part, start, max(stop) OVER (
            PARTITION BY topic, epoch, part ORDER BY start, stop ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS reached
        FROM covered
    )
    SELECT topic, epoch, part, greatest(r.reached, s.start) AS start, least(r.start, s.bronze) AS stop
    FROM reached AS r JOIN span AS s USING (topic, epoch, part)
    WHERE greatest(r.reached, s.start) < least(r.start, s.bronze)
"""
_UNEXPLAINED = """
    CREATE TABLE unexplained AS
    WITH known AS (
        SELECT topic, epoch, part, count(*) AS offsets FROM event JOIN span AS s USING (topic, epoch, part)
        WHERE event.bronze = 0 AND NOT erased AND off < s.bronze GROUP BY ALL
    ), absent AS (
        SELECT topic, epoch, part, CAST(sum(stop - start) AS BIGINT) AS offsets FROM gap GROUP BY ALL
    )
    SELECT topic, epoch, part, a.offsets - s.gaps - coalesce(k.offsets, 0) AS events, s.gaps = 0 AS certain
    FROM absent AS a JOIN span AS s USING (topic, epoch, part) LEFT JOIN known AS k USING (topic, epoch, part)
    WHERE a.offsets - s.gaps - coalesce(k.offsets, 0) > 0
"""


def find_gaps(work: Workspace) -> dict[tuple[str, int, int], int]:
    """Per partition how many offsets are in no table and unexplained; the partitions without any are left out."""
    work.run("looking for gaps in bronze", _GAPS)
    work.run("explaining them", _UNEXPLAINED)
    rows = work.ask("SELECT topic, epoch, part, events FROM unexplained")
    return {(row["topic"], row["epoch"], row["part"]): row["events"] for row in rows}


def gap_addresses(work: Workspace, most: int) -> list[dict[str, Any]]:
    """The first of these offsets; `certain` is false where markers may be among them."""
    return work.ask(
        """
        WITH candidate AS (
            SELECT topic, epoch, part, unnest(range(start, least(stop, start + ?))) AS off, certain
            FROM gap JOIN unexplained USING (topic, epoch, part)
        )
        SELECT topic, epoch, part AS "partition", off AS "offset", 'bronze' AS absent_from, certain
        FROM candidate ANTI JOIN place USING (topic, epoch, part, off)
        ORDER BY ALL LIMIT ?
        """,
        [most, most],
    )
