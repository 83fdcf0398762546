"""What bronze-ingest can be told from outside."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict
from shoplake_contracts import topics
from shoplake_lake_kit.settings import LakeSettings
from shoplake_service_kit.job import Config
from shoplake_service_kit.settings import ControlSettings, KafkaSettings


class BronzeConfig(Config):
    """What can be changed at run time through `PUT /bronze/config`."""

    batch_events: int = Field(200_000, ge=1, le=5_000_000, description="Most events of one batch; bounds its memory")
    batch_megabytes: int = Field(
        256, ge=1, le=65_536, description="About the most payload of one batch, as Kafka has it"
    )
    interval_seconds: float = Field(2.0, ge=0, le=3600, description="Least time from batch to batch; gathers a trickle")


class Settings(BaseSettings):
    """The environment of the service; `BRONZE_…` beside the shared blocks."""

    model_config = SettingsConfigDict(env_prefix="BRONZE_", frozen=True)

    port: int = Field(8102, description="Port of the control API")
    group: str = Field("main", description="Writer group: who shares one position of the table")
    topic_pattern: str = Field(
        "|".join(topics.event_topics()),
        description="Regular expression of the topics to ingest, matched whole; new ones are picked up without restart",
    )
    idle_seconds: float = Field(1.0, gt=0, description="Longest wait before the broker is asked again")
    control: ControlSettings = Field(default_factory=ControlSettings)
    kafka: KafkaSettings = Field(default_factory=KafkaSettings)
    lake: LakeSettings = Field(default_factory=LakeSettings)
