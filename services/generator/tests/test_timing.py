"""When events are due: evenly, made up for when late, following curves and spells, or in a time of their own."""

from datetime import UTC, datetime
from itertools import pairwise

import pytest
from generator.scenarios import load
from generator.settings import GeneratorConfig
from generator.timing.factors import DAY, HOUR, by_the_clock, mean, spell, together
from generator.timing.plan import schedule_of
from generator.timing.schedule import MOST_BEHIND, Schedule

MONDAY = datetime(2026, 11, 23, tzinfo=UTC).timestamp()


def test_events_are_due_on_an_absolute_schedule() -> None:
    schedule = Schedule(start=1_000.0, rate=10.0)
    assert schedule.take(1_000.0, 100) == []
    assert schedule.take(1_000.35, 100) == [1_000_100, 1_000_200, 1_000_300]
    assert schedule.take(1_000.36, 100) == []
    assert schedule.take(1_001.05, 100)[-1] == 1_001_000
    assert schedule.slipped == 0


def test_a_late_step_is_made_up_for_in_portions() -> None:
    schedule = Schedule(start=0.0, rate=100.0)
    assert [len(schedule.take(1.001, 40)) for _ in range(4)] == [40, 40, 20, 0]


def test_after_a_long_gap_the_schedule_moves_on_and_says_so() -> None:
    schedule = Schedule(start=0.0, rate=10.0)
    schedule.take(1.001, 100)
    assert len(schedule.take(1.05 + MOST_BEHIND, 1_000)) == 10 * MOST_BEHIND
    assert len(schedule.take(10_000.0, 1_000)) <= 1
    assert schedule.slipped > 9_900


def test_without_a_rate_everything_is_due() -> None:
    assert Schedule(start=0.0, rate=None).take(2.5, 3) == [2_500] * 3


@pytest.mark.parametrize("rate", [10, 2_000, 20_000])
def test_a_rate_is_exact_over_a_minute_of_today(rate: int) -> None:
    start = 1_795_000_000.0
    schedule = Schedule(start, rate)
    taken = [len(schedule.take(start + tick / 20, 10_000)) for tick in range(1, 1_201)]
    assert abs(sum(taken) - 60 * rate) <= 1


def test_a_silence_has_no_event_and_a_burst_has_many() -> None:
    silence = Schedule(0.0, 10.0, spell(0.0, every=60, seconds=20, factor=0.0), by_itself=True)
    times = [at / 1000 for at in silence.take(0, 1_000)]
    assert all(time % 60 <= 40 for time in times)
    assert [round(b - a, 3) for a, b in pairwise(times) if b - a > 1] == [20.1] * 2

    burst = Schedule(0.0, 10.0, spell(0.0, every=60, seconds=20, factor=5.0), by_itself=True)
    in_burst = sum(at / 1000 % 60 > 40 for at in burst.take(0, 1_400))
    assert in_burst == pytest.approx(1_000, abs=2)


def test_the_hours_and_weekdays_are_one_on_average() -> None:
    assert mean(by_the_clock, MONDAY, MONDAY + 7 * DAY) == pytest.approx(1.0)
    night, evening = by_the_clock(MONDAY + 3 * HOUR)[0], by_the_clock(MONDAY + 20 * HOUR)[0]
    assert evening > 10 * night


def test_factors_multiply_until_the_first_of_them_changes() -> None:
    both = together([spell(0.0, 100, 50, 2.0), spell(0.0, 80, 20, 3.0)])
    assert [both(time) for time in (0.0, 50.0, 60.0, 80.0)] == [(1, 50), (2, 60), (6, 80), (2, 100)]


def test_a_backfill_covers_its_days_and_ends_now() -> None:
    now = MONDAY + 5 * DAY + 4_321
    schedule = schedule_of(GeneratorConfig(num_events=10_000, backfill_days=10), now, None)
    times = schedule.take(0, 10_000)
    assert times == sorted(times)
    assert 0 <= times[0] / 1000 - (now - 10 * DAY) < HOUR
    assert 0 <= now - times[-1] / 1000 < HOUR
    per_hour = [0] * 24
    for at in times:
        per_hour[at // 3_600_000 % 24] += 1
    assert per_hour[20] > 5 * per_hour[3]


def test_a_fixed_clock_is_the_same_whenever_it_is_asked() -> None:
    config = GeneratorConfig(clock=datetime(2026, 1, 1, tzinfo=UTC), rate=100)
    one, two = (schedule_of(config, now, None) for now in (0.0, 1e9))
    assert one.take(0, 50) + one.take(99, 50) == two.take(7, 100)


def test_a_scenario_changes_the_rate_for_a_while() -> None:
    schedule = schedule_of(GeneratorConfig(rate=10, clock=datetime(2026, 1, 1, tzinfo=UTC)), 0, load("flash-sale"))
    begin = datetime(2026, 1, 1, tzinfo=UTC).timestamp()
    seconds = [at / 1000 - begin for at in schedule.take(0, 30_000)]
    counts = [sum(a < second <= b for second in seconds) for a, b in ((0, 60), (60, 360), (360, 660), (660, 960))]
    assert counts == pytest.approx([600, 15_000, 6_000, 3_000], abs=2)
