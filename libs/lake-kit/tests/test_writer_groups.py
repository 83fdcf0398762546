"""Groups that own different topics speak with one voice."""

from collections.abc import Callable
from datetime import UTC, datetime

from shoplake_lake_kit.stamp import Stamp, Totals
from shoplake_lake_kit.vector import Counts, Position
from shoplake_lake_kit.writer_groups import merged

MakeStamp = Callable[..., Stamp]
MORNING, NOON = (datetime(2026, 1, 2, hour, tzinfo=UTC) for hour in (6, 12))
VIEWS = {
    "position": {"page-views": [7]},
    "origin": {"page-views": [2]},
    "epochs": {"page-views": 1},
    "topic_ids": {"page-views": "id2"},
    "totals": Totals(read=Counts({"page-views": [5]})),
}


def test_what_is_said_per_topic_is_put_together(make_stamp: MakeStamp) -> None:
    main, views = make_stamp(totals=Totals(read=Counts({"purchases": [3]}))), make_stamp(group="views", **VIEWS)
    both = merged([main, views])
    assert both is not None
    assert both.position == Position({"purchases": [10, 20], "page-views": [7]})
    assert both.origin == main.origin.extended(Position({"page-views": [2]}))
    assert both.epochs == {"purchases": 0, "page-views": 1}
    assert both.topic_ids == {**main.topic_ids, "page-views": "id2"}
    assert both.totals.read == Counts({"purchases": [3], "page-views": [5]})


def test_the_whole_is_complete_only_until_what_all_of_them_prove(make_stamp: MakeStamp) -> None:
    early, late, none = (make_stamp(complete_until=at, appended_at_max=at) for at in (MORNING, NOON, None))
    told = [merged(stamps) for stamps in ([late, early], [early, late], [late, none])]
    assert [stamp and stamp.complete_until for stamp in told] == [MORNING, MORNING, None]
    assert [stamp and stamp.appended_at_max for stamp in told] == [NOON, NOON, NOON]


def test_while_a_group_has_not_published_nothing_is_proved_complete(make_stamp: MakeStamp) -> None:
    main = make_stamp(complete_until=NOON)
    assert merged([main]) == main
    assert merged([None, main, None]) == make_stamp(complete_until=None)
    assert merged([None, None]) is None
