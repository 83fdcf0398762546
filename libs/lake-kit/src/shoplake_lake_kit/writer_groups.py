"""A table that several writer groups share, each with topics of its own: what their stamps say together."""

from collections.abc import Iterable
from dataclasses import replace
from functools import reduce

from shoplake_lake_kit.stamp import Stamp


def merged(stamps: Iterable[Stamp | None]) -> Stamp | None:
    """The newest stamps of some groups as one; None stands for a group that has not published yet.

    What is said per topic is put together: positions, origins, epochs, topic ids and totals. `complete_until` is the
    least that any of them proves, and nothing is proved while one of them has not published; `appended_at_max` is the
    newest that any of them has. The rest is the first one's.

    Returns:
        None if none of them has published.
    """
    asked = list(stamps)
    told = [stamp for stamp in asked if stamp is not None]
    if not told:
        return None
    whole = reduce(_both, told)
    return whole if len(told) == len(asked) else replace(whole, complete_until=None)


def _both(one: Stamp, other: Stamp) -> Stamp:
    proved = (one.complete_until, other.complete_until)
    appended = [at for at in (one.appended_at_max, other.appended_at_max) if at]
    return replace(
        one,
        position=one.position.extended(other.position),
        origin=one.origin.extended(other.origin),
        epochs={**one.epochs, **other.epochs},
        topic_ids={**one.topic_ids, **other.topic_ids},
        appended_at_max=max(appended, default=None),
        complete_until=min(at for at in proved if at) if all(proved) else None,
        totals=one.totals.plus(other.totals),
    )
