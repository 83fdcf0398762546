"""What the generator can be told from outside."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict
from shoplake_service_kit.job import Config
from shoplake_service_kit.settings import ControlSettings, KafkaSettings


class GeneratorConfig(Config):
    """One run: what `POST /generator/start` and `PUT /generator/config` take."""

    rate: float | None = Field(50.0, ge=0, le=1_000_000, description="Events per second; 0 or null: as fast as it goes")
    num_events: int | None = Field(None, ge=1, description="Stop when so many are acknowledged; null: go on until told")
    seed: int | None = Field(None, description="Decides what happens; null: another one each run, shown in the status")
    invalid_ratio: float = Field(0.0, ge=0, le=0.5, description="Share of events spoilt so that they are quarantined")
    duplicate_ratio: float = Field(0.0, ge=0, le=0.5, description="Share of events that repeat an earlier one exactly")


class Settings(BaseSettings):
    """The environment of the service; `GENERATOR_…` beside the shared blocks."""

    model_config = SettingsConfigDict(env_prefix="GENERATOR_", frozen=True)

    port: int = Field(8101, description="Port of the control API")
    control: ControlSettings = Field(default_factory=ControlSettings)
    kafka: KafkaSettings = Field(default_factory=KafkaSettings)
