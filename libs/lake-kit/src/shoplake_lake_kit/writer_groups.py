"""A table that several writer groups share, each with topics of its own: what their stamps say together."""

from collections.abc import Iterable
from dataclasses import replace
from functools import reduce

from shoplake_lake_kit.stamp import Stamp


def merged(stamps: Iterable[Stamp | None]) -> Stamp | None:
    """The newest stamps of some groups as one; a group that has not published yet is left out.

    What is said per topic is put together: positions, origins, epochs, topic ids and totals. `complete_until` is the
    least that any of them proves, `appended_at_max` the newest that any of them has; the rest is the first one's.

    Returns:
        None if none of them has published.
    """
    told = [stamp for stamp in stamps if stamp is not None]
    return reduce(_both, told) if told else None


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
