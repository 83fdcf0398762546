"""Wires bronze-ingest: settings in, an app out."""

import gc

import pyarrow as pa
from fastapi import FastAPI
from shoplake_lake_kit.writer import writer_id
from shoplake_service_kit.announcer import announcer
from shoplake_service_kit.app import Service, serve
from shoplake_service_kit.app import create_app as create_service_app
from shoplake_service_kit.metrics import Metrics
from shoplake_service_kit.progress import ProgressBus
from shoplake_service_kit.runner import JobRunner

from bronze_ingest import __version__
from bronze_ingest.api import resolve_router
from bronze_ingest.job import bronze_job
from bronze_ingest.resolving import Inbox
from bronze_ingest.settings import BronzeConfig, Settings

NAME = "bronze-ingest"


def create_app(settings: Settings) -> FastAPI:
    """The service as an app; nothing starts before its lifespan does."""
    metrics, progress = Metrics(NAME), ProgressBus(settings.kafka, NAME)
    inbox = Inbox()
    job = bronze_job(settings, writer_id(NAME), announcer(progress, metrics), inbox)
    runner = JobRunner(job, BronzeConfig, idle_seconds=settings.idle_seconds)
    service = Service(
        name=NAME,
        prefix="/bronze",
        version=__version__,
        runner=runner,
        routers=[resolve_router(runner, inbox)],
        progress=progress,
        metrics=metrics,
    )
    return create_service_app(service, settings.control, settings.kafka)


def main() -> None:
    """Serve with settings from the environment."""
    # A batch makes some hundred thousand short-lived tuples, none of them in a cycle: to look for cycles among them
    # took a fifth of the time.
    gc.set_threshold(200_000, 20, 20)
    # Arrow's own pool keeps what a large box took; the system's gives it back, for a few percent of time.
    pa.set_memory_pool(pa.system_memory_pool())
    settings = Settings()
    serve(create_app(settings), settings.control.host, settings.port)


if __name__ == "__main__":
    main()
