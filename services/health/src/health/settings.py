"""What health can be told from outside."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict
from shoplake_lake_kit.settings import LakeSettings
from shoplake_service_kit.job import Config
from shoplake_service_kit.settings import ControlSettings, KafkaSettings


class HealthConfig(Config):
    """What can be changed at run time through `PUT /health/config`: nothing yet."""


class Settings(BaseSettings):
    """The environment of the service; `HEALTH_…` beside the shared blocks."""

    model_config = SettingsConfigDict(env_prefix="HEALTH_", frozen=True)

    port: int = Field(8100, description="Port of the control API")
    group: str = Field("main", description="Writer group whose stamps are read")
    interval_seconds: float = Field(5.0, gt=0, description="How often the equation is evaluated for the metrics")
    audit_memory_mb: int = Field(
        512, ge=64, description="Memory of an audit's scratch database; beyond it the database goes to disk"
    )
    token_file: str | None = Field(None, description="File with the token that health shows to the other services")
    generator_url: str = Field("http://127.0.0.1:8101", description="Where the generator answers")
    bronze_url: str = Field("http://127.0.0.1:8102", description="Where bronze-ingest answers")
    silver_url: str = Field("http://127.0.0.1:8103", description="Where silver-process answers")
    gold_url: str = Field("http://127.0.0.1:8104", description="Where gold-batch answers")
    control: ControlSettings = Field(default_factory=ControlSettings)
    kafka: KafkaSettings = Field(default_factory=KafkaSettings)
    lake: LakeSettings = Field(default_factory=LakeSettings)

    def peers(self) -> dict[str, tuple[str, str]]:
        """Service name to (base URL, prefix of its control API)."""
        return {
            "generator": (self.generator_url, "/generator"),
            "bronze-ingest": (self.bronze_url, "/bronze"),
            "silver-process": (self.silver_url, "/silver"),
            "gold-batch": (self.gold_url, "/gold"),
        }
