"""What an audit names one by one: addresses that are missing or there twice, and ids that occur twice."""

from collections.abc import Iterable
from typing import Any

from health.audit.workspace import Workspace

LISTED = 1000
"""Most entries of a list; its `total` is always the true number."""

_ADDRESS = 'topic, epoch, part AS "partition", off AS "offset"'
_WITH_DAY = "strftime(make_timestamp(day * 86400000000), '%Y-%m-%d')"


def missing(work: Workspace) -> dict[str, Any]:
    """Addresses that one of the layers has and the other has not.

    `absent_from` silver: bronze has the event, silver has passed it, and no table of silver has it. `absent_from`
    bronze: silver has it, bronze does not.
    """
    listed = work.ask(
        f"""
        SELECT {_ADDRESS}, missing AS absent_from, true AS certain
        FROM event WHERE missing IS NOT NULL ORDER BY ALL LIMIT {LISTED}
        """  # noqa: S608 - constants
    )
    return _list(work, "SELECT count(missing) AS n FROM event", listed)


def doubled(work: Workspace) -> dict[str, Any]:
    """Addresses that are twice in one table, or in two tables without a replay; with the rows in each table."""
    rows = work.ask(
        f"""
        WITH twice AS (SELECT * FROM event WHERE doubled > 0 ORDER BY topic, epoch, part, off LIMIT {LISTED}),
        found AS (SELECT topic, epoch, part, off, name FROM silver
                  UNION ALL SELECT topic, epoch, part, off, 'bronze.raw_events' FROM bronze)
        SELECT {_ADDRESS}, name, count(*) AS n
        FROM twice JOIN found USING (topic, epoch, part, off) GROUP BY ALL ORDER BY ALL
        """  # noqa: S608 - constants
    )
    return _list(work, "SELECT count(*) AS n FROM event WHERE doubled > 0", _tables_of(rows))


def lost_originals(work: Workspace) -> dict[str, Any]:
    """Copies that were left out in favour of an event that is nowhere: the event itself is gone then."""
    nowhere = """
        SELECT DISTINCT kept_topic AS topic, kept_epoch AS epoch, kept_part AS part, kept_off AS off,
               kept_table AS "table"
        FROM silver JOIN span AS s ON (kept_topic, kept_epoch, kept_part) = (s.topic, s.epoch, s.part)
        WHERE role = 'duplicates' AND kept_off >= s.start AND kept_off < s.position
          AND NOT EXISTS (FROM place AS p WHERE (p.topic, p.epoch, p.part, p.off)
                          = (kept_topic, kept_epoch, kept_part, kept_off) AND p.typed + p.quarantined > 0)
          AND NOT EXISTS (FROM erased AS e WHERE (e.topic, e.epoch, e.part, e.off)
                          = (kept_topic, kept_epoch, kept_part, kept_off))
    """
    listed = work.ask(f'SELECT {_ADDRESS}, "table" FROM ({nowhere}) ORDER BY ALL LIMIT {LISTED}')  # noqa: S608 - constants
    return _list(work, f"SELECT count(*) AS n FROM ({nowhere})", listed)  # noqa: S608 - constants


def id_conflicts(work: Workspace) -> dict[str, Any]:
    """Ids that one table has on different days (UTC): kept as different events, but a producer should look."""
    return _ids(work, "name, event_id", "count(DISTINCT day) > 1")


def doubled_ids(work: Workspace) -> dict[str, Any]:
    """Ids that one table has twice on one day (UTC), at two addresses: a copy that was not left out."""
    return _ids(work, "name, event_id, day", "count(DISTINCT (topic, epoch, part, off)) > 1")


def _ids(work: Workspace, keys: str, condition: str) -> dict[str, Any]:
    found = f"SELECT {keys} FROM silver WHERE role = 'out' GROUP BY ALL HAVING {condition}"  # noqa: S608 - constants
    listed = work.ask(
        f"""
        WITH found AS ({found} ORDER BY ALL LIMIT {LISTED})
        SELECT name AS "table", event_id,
               list({{'day': {_WITH_DAY}, 'topic': topic, 'epoch': epoch, 'partition': part, 'offset': off}}
                    ORDER BY day, topic, epoch, part, off) AS events
        FROM found JOIN silver USING ({keys}) WHERE role = 'out'
        GROUP BY name, event_id ORDER BY ALL
        """  # noqa: S608 - constants
    )
    return _list(work, f"SELECT count(*) AS n FROM ({found})", listed)  # noqa: S608 - constants


def _tables_of(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """One entry per address, with its rows per table."""
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in rows:
        name, times = row.pop("name"), row.pop("n")
        found.setdefault(tuple(row.values()), row | {"tables": {}})["tables"][name] = times
    return list(found.values())


def _list(work: Workspace, count: str, listed: list[dict[str, Any]]) -> dict[str, Any]:
    return {"total": work.ask(count)[0]["n"], "listed": listed}
