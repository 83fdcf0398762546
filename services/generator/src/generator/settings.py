"""What the generator can be told from outside."""

from typing import Self

from pydantic import AwareDatetime, Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from shoplake_service_kit.job import Config
from shoplake_service_kit.settings import ControlSettings, KafkaSettings

from . import scenarios
from .defects.rates import DefectRates


class Silences(Config):
    """Times without any event, again and again."""

    every_seconds: float = Field(gt=0, description="From the beginning of one to the beginning of the next")
    seconds: float = Field(gt=0, description="How long one is; the first begins so long before every_seconds are over")

    @model_validator(mode="after")
    def _are_shorter_than_their_distance(self) -> Self:
        if self.seconds >= self.every_seconds:
            raise ValueError("seconds must be less than every_seconds")
        return self


class Bursts(Silences):
    """Times of a higher rate, again and again."""

    factor: float = Field(10.0, gt=0, le=100, description="By which the rate is multiplied meanwhile")


class GeneratorConfig(Config):
    """One run: what `POST /generator/start` and `PUT /generator/config` take."""

    rate: float | None = Field(50.0, ge=0, le=1_000_000, description="Events per second; 0 or null: as fast as it goes")
    num_events: int | None = Field(None, ge=1, description="Stop when so many are acknowledged; null: go on until told")
    seed: int | None = Field(None, ge=0, description="Decides what happens; null: another one each run, in the status")
    scenario: str | None = Field(None, description="One of GET /generator/scenarios")
    backfill_days: float | None = Field(
        None, gt=0, le=3_650, description="Spread num_events over so many days up to now, as fast as it goes"
    )
    clock: AwareDatetime | None = Field(
        None,
        description="Events happen from then on at `rate`, whatever the time is: the same seed gives the same bytes",
    )
    daily_curve: bool | None = Field(None, description="The rate follows hour and weekday; null: in a backfill only")
    bursts: Bursts | None = Field(None, description="Times of a higher rate")
    silences: Silences | None = Field(None, description="Times without any event")
    mirror: bool = Field(default=False, description="Send every sound event to raw-events as well: duplicates")
    invalid_ratio: float = Field(0.0, ge=0, le=0.5, description="Share of events spoilt so that they are quarantined")
    duplicate_ratio: float = Field(0.0, ge=0, le=0.5, description="Share of events that repeat an earlier one exactly")
    defects: DefectRates = Field(default_factory=DefectRates, description="Finer than the two before")

    @model_validator(mode="after")
    def _is_of_one_piece(self) -> Self:
        if self.backfill_days and not self.num_events:
            raise ValueError("backfill_days needs num_events")
        if self.backfill_days and self.clock:
            raise ValueError("backfill_days ends now: it goes without clock")
        if not self.rate and not self.backfill_days and not self.clock and (self.bursts or self.silences):
            raise ValueError("bursts and silences need a rate")
        if self.scenario is not None and self.scenario not in scenarios.names():
            raise ValueError(f"there is no scenario {self.scenario}; there are: {', '.join(scenarios.names())}")
        return self


class Settings(BaseSettings):
    """The environment of the service; `GENERATOR_…` beside the shared blocks."""

    model_config = SettingsConfigDict(env_prefix="GENERATOR_", frozen=True)

    port: int = Field(8101, description="Port of the control API")
    control: ControlSettings = Field(default_factory=ControlSettings)
    kafka: KafkaSettings = Field(default_factory=KafkaSettings)
