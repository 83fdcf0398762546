"""Every zone finds exactly its own days in what a batch touched."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shoplake_lake_kit.touched import Touched, by_day, days_in

ZONES = ("UTC", "Europe/Berlin", "Asia/Kathmandu", "Pacific/Kiritimati", "America/St_Johns")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# From before 1970, and close enough together for several on one day.
SECONDS = st.lists(st.integers(-200_000, 400_000).map(lambda second: second * 7), max_size=30)


def touched(seconds: list[int]) -> Touched:
    return Touched(happened=by_day((second, second) for second in seconds))


@given(SECONDS, st.sampled_from(ZONES))
def test_the_days_of_a_zone_are_those_of_every_instant(seconds: list[int], zone: str) -> None:
    days = {(EPOCH + timedelta(seconds=second)).astimezone(ZoneInfo(zone)).date() for second in seconds}
    assert days_in(zone, touched(seconds).happened) == days


@given(SECONDS, SECONDS)
def test_parts_give_the_whole_in_any_order(some: list[int], others: list[int]) -> None:
    whole = touched([*some, *others])
    assert touched(some).plus(touched(others)) == touched(others).plus(touched(some)) == whole
    assert Touched.parse(whole.to_json()) == whole


def test_a_batch_of_years_is_too_long_to_tell() -> None:
    days = [number * 86_400 for number in range(401)]
    assert touched(days[:400]).is_short
    assert not touched(days).is_short


@pytest.mark.parametrize("text", ["[]", "{}", '{"happened":[[1,"x"]],"arrived":[]}', '{"happened":[1],"arrived":[]}'])
def test_what_was_not_written_so_is_not_read(text: str) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        Touched.parse(text)


def test_one_evening_is_two_days_further_east() -> None:
    noon = int(datetime(2026, 3, 1, 12, tzinfo=UTC).timestamp())
    ends = by_day([(noon, noon), (noon + 40_000, noon + 40_000)])
    assert ends == ((noon, noon + 40_000),)
    assert days_in("Europe/Berlin", ends) == {date(2026, 3, 1), date(2026, 3, 2)}
    assert days_in("UTC", ends) == {date(2026, 3, 1)}
