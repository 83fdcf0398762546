"""Where the lake is: one catalog, one warehouse, and the few choices that give its figures their meaning."""

from datetime import date
from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class LakeSettings(BaseSettings):
    """One block for every service that touches tables; `SHOPLAKE_…` in the environment."""

    model_config = SettingsConfigDict(env_prefix="SHOPLAKE_", frozen=True)

    catalog: Literal["sqlite", "postgresql", "rest"] = Field("sqlite", description="Kind of Iceberg catalog")
    catalog_uri: str = Field(
        "sqlite:////var/lib/shoplake/catalog.db",
        description="Address of the catalog: sqlite:////abs/path/catalog.db, postgresql://…, or http(s)://… for rest",
    )
    warehouse: str = Field(
        "file:///var/lib/shoplake/warehouse",
        description="Where tables are kept: file:///… or s3://bucket/prefix",
    )
    business_timezone: str = Field("UTC", description="Time zone in which a business day begins")
    late_days: int = Field(3, ge=0, le=365, description="Days before today that gold's daily run computes as well")
    base_currency: str = Field("USD", pattern="^[A-Z]{3}$", description="Currency of totals that show one number")
    oldest_event: date = Field(date(1990, 1, 1), description="Events dated before it are quarantined as too_old")
    bronze_groups: tuple[str, ...] = Field(
        ("main",),
        min_length=1,
        description="Writer groups of bronze, each with its own topics, that silver reads and health counts; JSON",
    )
    s3_endpoint: str | None = Field(None, description="Address of the S3 server; empty for AWS")
    s3_region: str = Field("us-east-1", description="Region of the bucket")
    s3_access_key_file: Path | None = Field(None, description="File with the access key; empty for workload identity")
    s3_secret_key_file: Path | None = Field(None, description="File with the secret key")

    @field_validator("catalog_uri")
    @classmethod
    def _absolute(cls, uri: str) -> str:
        if uri.startswith("sqlite:") and not uri.startswith("sqlite:////"):
            raise ValueError("a SQLite catalog needs an absolute path: sqlite:////abs/path/catalog.db")
        return uri
