"""What silver-process can be told from outside."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict
from shoplake_lake_kit.settings import LakeSettings
from shoplake_service_kit.job import Config
from shoplake_service_kit.settings import ControlSettings, KafkaSettings
from shoplake_spark_kit.settings import SparkSettings

APPLICATION = "ECommerceStreamingAnalytics-Local-processing"
"""The Spark application's name."""


class SilverConfig(Config):
    """What can be changed at run time through `PUT /silver/config`."""

    batch_events: int = Field(100_000, ge=1, le=5_000_000, description="Most events of one batch; bounds its memory")
    interval_seconds: float = Field(
        0.0, ge=0, le=3_600, description="Batches begin at most this often: less work for the same events, later"
    )


class Settings(BaseSettings):
    """The environment of the service; `SILVER_…` beside the shared blocks."""

    model_config = SettingsConfigDict(env_prefix="SILVER_", frozen=True)

    port: int = Field(8103, description="Port of the control API")
    group: str = Field("main", description="Writer group: who shares one position of silver's tables")
    idle_seconds: float = Field(1.0, gt=0, description="Longest wait before bronze's stamp is read again")
    control: ControlSettings = Field(default_factory=ControlSettings)
    kafka: KafkaSettings = Field(default_factory=KafkaSettings)
    lake: LakeSettings = Field(default_factory=LakeSettings)
    spark: SparkSettings = Field(default_factory=SparkSettings)
