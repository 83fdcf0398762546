"""What gold-batch can be told from outside."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict
from shoplake_lake_kit.settings import LakeSettings
from shoplake_service_kit.job import Config
from shoplake_service_kit.settings import ControlSettings, KafkaSettings
from shoplake_spark_kit.settings import SparkSettings

APPLICATION = "ECommerceStreamingAnalytics-Local-gold"
"""The Spark application's name."""


class GoldConfig(Config):
    """What can be changed at run time through `PUT /gold/config`."""

    interval_seconds: float = Field(10.0, ge=0, le=86_400, description="Changed days are computed at most this often")
    maintenance_interval_seconds: float = Field(
        600.0, ge=0, le=604_800, description="Tables are maintained at most this often; 0 only when asked for"
    )
    daily_at: str | None = Field(
        "01:00",
        pattern=r"^([01]\d|2[0-3]):[0-5]\d$",
        description="Business time at which the newest days are computed anew, changed or not; null: never",
    )
    hold_quarantined_percent: float = Field(
        5.0, ge=0, le=100, description="Gold waits while more of silver's newest events are quarantined; 100: never"
    )
    hold_window_seconds: float = Field(
        600.0, gt=0, le=86_400, description="The newest events are those of so many seconds"
    )
    base_currency: str | None = Field(
        None,
        pattern="^[A-Z]{3}$",
        description="Currency of the totals from the next run on; SHOPLAKE_BASE_CURRENCY if absent",
    )


class Settings(BaseSettings):
    """The environment of the service; `GOLD_…` beside the shared blocks."""

    model_config = SettingsConfigDict(env_prefix="GOLD_", frozen=True)

    port: int = Field(8104, description="Port of the control API")
    group: str = Field("main", description="Writer group: that of the silver service it follows")
    idle_seconds: float = Field(2.0, gt=0, description="Longest wait before silver's stamps are read again")
    batch_events: int = Field(5_000_000, ge=1, description="Most events whose days are recomputed in one go")
    control: ControlSettings = Field(default_factory=ControlSettings)
    kafka: KafkaSettings = Field(default_factory=KafkaSettings)
    lake: LakeSettings = Field(default_factory=LakeSettings)
    spark: SparkSettings = Field(default_factory=SparkSettings)
