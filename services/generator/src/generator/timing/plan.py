"""Which schedule a run has: from its config to the times of its events."""

from generator.scenarios import Scenario
from generator.settings import GeneratorConfig

from .factors import DAY, by_the_clock, mean, spell, together
from .schedule import Factor, Schedule, steady

RATE_BY_ITSELF = 1_000.0
"""Events per second of event time in a run with a clock of its own and no rate."""


def schedule_of(config: GeneratorConfig, now: float, scenario: Scenario | None) -> Schedule:
    """The schedule of a run that begins `now`, seconds since 1970."""
    if config.backfill_days and config.num_events:
        start = now - config.backfill_days * DAY
        factor = _factor(config, start, scenario)
        # So that the last event is of this moment, and none of the time to come.
        rate = config.num_events / (config.backfill_days * DAY * mean(factor, start, now))
        return Schedule(start, rate, factor, by_itself=True)
    if config.clock:
        start = config.clock.timestamp()
        return Schedule(start, config.rate or RATE_BY_ITSELF, _factor(config, start, scenario), by_itself=True)
    return Schedule(now, config.rate or None, _factor(config, now, scenario))


def _factor(config: GeneratorConfig, start: float, scenario: Scenario | None) -> Factor:
    factors: list[Factor] = []
    if config.daily_curve or (config.daily_curve is None and config.backfill_days):
        factors.append(by_the_clock)
    if config.bursts:
        factors.append(spell(start, config.bursts.every_seconds, config.bursts.seconds, config.bursts.factor))
    if config.silences:
        factors.append(spell(start, config.silences.every_seconds, config.silences.seconds, 0.0))
    if scenario:
        factors.append(_of_scenario(scenario, start))
    return together(factors) if factors else steady


def _of_scenario(scenario: Scenario, start: float) -> Factor:
    def at(time: float) -> tuple[float, float]:
        phase, end = scenario.phase_at(time - start)
        return phase.rate_factor, start + end

    return at
