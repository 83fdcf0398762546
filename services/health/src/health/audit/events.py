"""One row per address from everything that was loaded, and the figures that are sums over it.

What a row says of its address: `bronze`, `typed`, `duplicates`, `quarantined` (rows in each), `below` (silver has
passed it), `erased`, `stray` (quarantined and landed, but by no replay), and from these `missing` and `doubled`.

A quarantined event that also landed in a typed table or in ops.duplicates came home by a replay and counts where it
landed. Replays leave an outcome per event, and a total in the stamps of the tables they wrote to; a backfill under way
says in the lead's stamp what it is moving. What none of them explains is stray. A row that came home can be quarantined
once more, by a backfill: so an address may have one row in quarantine more than it was replayed.
"""

from typing import Any

from health.audit.workspace import Workspace

_PLACES = """
    CREATE TABLE place AS
    SELECT topic, epoch, part, off, min(hour) AS hour,
           count(*) FILTER (role = 'out') AS typed,
           count(*) FILTER (role = 'duplicates') AS duplicates,
           count(*) FILTER (role = 'quarantined') AS quarantined
    FROM silver GROUP BY ALL
"""
_HELD = """
    CREATE TABLE held AS SELECT topic, epoch, part, off, min(hour) AS hour, count(*) AS times FROM bronze GROUP BY ALL
"""
_JOINED = """
    CREATE TABLE joined AS
    SELECT topic, epoch, part, off, coalesce(h.hour, p.hour) AS hour,
           coalesce(h.times, 0) AS bronze,
           coalesce(p.typed, 0) AS typed,
           coalesce(p.duplicates, 0) AS duplicates,
           coalesce(p.quarantined, 0) AS quarantined,
           coalesce(p.typed + p.duplicates, 0) AS landed,
           coalesce(off < s.position, false) AS below,
           e.known IS NOT NULL AS erased,
           coalesce(t.times, 0) AS replays,
           coalesce(s.twice, 0) AS twice
    FROM held AS h FULL JOIN place AS p USING (topic, epoch, part, off)
    LEFT JOIN span AS s USING (topic, epoch, part)
    LEFT JOIN (SELECT DISTINCT *, true AS known FROM erased) AS e USING (topic, epoch, part, off)
    LEFT JOIN (SELECT *, count(*) AS times FROM told GROUP BY ALL) AS t USING (topic, epoch, part, off)
"""
_EVENTS = """
    CREATE TABLE event AS
    WITH unexplained AS (
        SELECT topic, epoch, part
        FROM joined WHERE quarantined > 0 AND landed > 0 GROUP BY ALL
        HAVING count(*) FILTER (replays = 0) > greatest(0, any_value(twice) - count(*) FILTER (replays > 0))
    ), judged AS (
        SELECT j.*, u.topic IS NOT NULL AND quarantined > 0 AND landed > 0 AND replays = 0 AS stray,
               greatest(quarantined - 1 - replays, 0) AS surplus
        FROM joined AS j LEFT JOIN unexplained AS u ON (j.topic, j.epoch, j.part) = (u.topic, u.epoch, u.part)
    )
    SELECT *,
           CASE WHEN erased OR NOT below THEN NULL
                WHEN bronze = 0 THEN 'bronze'
                WHEN landed + quarantined = 0 THEN 'silver' END AS missing,
           CASE WHEN quarantined > 0 THEN surplus + CAST(landed = 0 OR stray AS INTEGER) ELSE 0 END AS waiting,
           greatest(bronze - 1, 0) + greatest(landed - 1, 0) + surplus + CAST(stray AS INTEGER) AS doubled
    FROM judged
"""
_FIGURES = """
    CAST(count(*) FILTER (below AND bronze > 0) AS BIGINT) AS bronze,
    CAST(coalesce(sum(typed) FILTER (below), 0) AS BIGINT) AS silver,
    CAST(coalesce(sum(waiting) FILTER (below), 0) AS BIGINT) AS quarantined,
    CAST(coalesce(sum(quarantined - waiting) FILTER (below), 0) AS BIGINT) AS replayed,
    CAST(coalesce(sum(duplicates) FILTER (below), 0) AS BIGINT) AS duplicates,
    CAST(count(*) FILTER (NOT below AND bronze > 0) AS BIGINT) AS in_flight,
    CAST(count(missing) AS BIGINT) AS missing,
    CAST(coalesce(sum(doubled), 0) AS BIGINT) AS doubled
"""
_EXPLAINED = """
    erasure AS (
        SELECT topic, epoch, part, count(*) AS events
        FROM (SELECT DISTINCT * FROM erased) JOIN span USING (topic, epoch, part)
        WHERE off >= span.start GROUP BY ALL
    ), clipped AS (
        SELECT topic, epoch, part, greatest(l.start, s.start) AS start, least(l.stop, s.bronze) AS stop
        FROM lost AS l JOIN span AS s USING (topic, epoch, part)
    ), reached AS (
        SELECT *, max(stop) OVER (PARTITION BY topic, epoch, part ORDER BY start, stop
                                  ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS reached
        FROM clipped
    ), loss AS (
        -- Two entries may speak of the same offsets: they were accepted anew after a crash.
        SELECT topic, epoch, part,
               CAST(sum(greatest(0, stop - greatest(start, coalesce(reached, start)))) AS BIGINT) AS events
        FROM reached GROUP BY ALL
    )
"""
FIGURES = ("bronze", "silver", "quarantined", "replayed", "duplicates", "in_flight", "missing", "doubled")


def join_events(work: Workspace) -> None:
    """Make the table `event`."""
    work.run("counting silver's addresses", _PLACES)
    work.run("counting bronze's addresses", _HELD)
    work.run("joining them", _JOINED)
    work.run("judging them", _EVENTS)


def by_partition(work: Workspace) -> list[dict[str, Any]]:
    """The figures of every partition in every life of a topic, with what was erased and lost of it."""
    figures = ", ".join(f"coalesce(f.{name}, 0) AS {name}" for name in FIGURES)
    return work.ask(
        f"""
        WITH figure AS (SELECT topic, epoch, part, {_FIGURES} FROM event GROUP BY ALL), {_EXPLAINED}
        SELECT topic, epoch, part AS "partition", {figures},
               coalesce(e.events, 0) AS erased, coalesce(l.events, 0) AS lost
        FROM span AS s FULL JOIN figure AS f USING (topic, epoch, part)
        LEFT JOIN erasure AS e USING (topic, epoch, part) LEFT JOIN loss AS l USING (topic, epoch, part)
        ORDER BY ALL
        """  # noqa: S608 - constants
    )


def by_hour(work: Workspace, most: int) -> dict[str, Any]:
    """The figures by hour of arrival at the broker, the newest hours and all that have something wrong."""
    per_hour = f"SELECT hour, {_FIGURES} FROM event GROUP BY hour"  # noqa: S608 - constants
    total = work.ask(f"SELECT count(*) AS n FROM ({per_hour})")[0]["n"]  # noqa: S608 - constants
    listed = work.ask(
        f"""
        SELECT strftime(make_timestamp(hour * 3600000000), '%Y-%m-%dT%H:00:00Z') AS hour, * EXCLUDE (hour)
        FROM ({per_hour}) ORDER BY (missing + doubled > 0) DESC, hour DESC LIMIT {most}
        """  # noqa: S608 - constants
    )
    return {"total": total, "listed": sorted(listed, key=lambda row: row["hour"] or "")}
