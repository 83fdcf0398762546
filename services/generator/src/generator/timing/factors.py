"""What changes the rate: the hour and the weekday, spells of rush or silence, all of them together."""

from collections.abc import Sequence

from .schedule import FOR_EVER, Factor

HOUR, DAY = 3_600, 86_400
HOURS = (35, 22, 15, 11, 11, 16, 32, 58, 85, 106, 120, 128, 132, 126, 122, 124, 130, 138, 150, 168, 178, 166, 127, 80)
"""Traffic by hour of the day (UTC), as a percentage of nothing in particular: only the proportions count."""
WEEKDAYS = (102, 100, 98, 97, 95, 100, 108)
"""The same from Monday to Sunday."""
MONDAY = 4
"""1970 began on a Thursday: the first Monday was day 4."""


def by_the_clock(time: float) -> tuple[float, float]:
    """The hour's traffic; over a whole week its mean is 1."""
    hour = int(time // HOUR)
    weekday = (hour // 24 - MONDAY) % 7
    whole = sum(HOURS) * sum(WEEKDAYS) / (len(HOURS) * len(WEEKDAYS))
    return HOURS[hour % 24] * WEEKDAYS[weekday] / whole, (hour + 1) * HOUR


def spell(start: float, every: float, seconds: float, factor: float) -> Factor:
    """For some `seconds` at the end of `every` so many, the rate is multiplied."""

    def at(time: float) -> tuple[float, float]:
        since = (time - start) % every
        # The next bound is reckoned from whole spells: rounding must not leave a moment that never ends.
        begin = start + ((time - start) // every) * every
        if since < every - seconds:
            return 1.0, begin + every - seconds
        return factor, begin + every

    return at


def together(factors: Sequence[Factor]) -> Factor:
    """All of them multiplied."""

    def at(time: float) -> tuple[float, float]:
        product, until = 1.0, FOR_EVER
        for factor in factors:
            one, end = factor(time)
            product *= one
            until = min(until, end)
        return product, until

    return at


def mean(factor: Factor, start: float, end: float) -> float:
    """What a factor comes to on average over a time."""
    total, time = 0.0, start
    while time < end:
        value, until = factor(time)
        until = min(until, end)
        total += value * (until - time)
        time = until
    return total / (end - start)
