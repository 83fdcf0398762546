"""The crash points are enough, and each says whose it is."""

from shoplake_contracts import crash_points

PREFIXES = {"bronze": "bronze-ingest", "silver": "silver-process", "gold": "gold-batch"}


def test_there_are_at_least_twenty_five() -> None:
    assert len(crash_points.load()) >= 25


def test_a_point_is_named_after_the_service_that_dies() -> None:
    assert all(PREFIXES[name.partition(".")[0]] == point.service for name, point in crash_points.load().items())
