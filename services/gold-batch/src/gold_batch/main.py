"""Wires gold-batch: settings in, an app out."""

from fastapi import FastAPI
from shoplake_lake_kit.writer import writer_id
from shoplake_service_kit.announcer import announcer, waker
from shoplake_service_kit.app import Service, serve
from shoplake_service_kit.app import create_app as create_service_app
from shoplake_service_kit.metrics import Metrics
from shoplake_service_kit.progress import ProgressBus
from shoplake_service_kit.runner import JobRunner

from gold_batch import __version__
from gold_batch.job import gold_job
from gold_batch.settings import GoldConfig, Settings

NAME = "gold-batch"


def create_app(settings: Settings) -> FastAPI:
    """The service as an app; nothing starts before its lifespan does."""
    metrics, progress = Metrics(NAME), ProgressBus(settings.kafka, NAME)
    job = gold_job(settings, writer_id(NAME), announcer(progress, metrics))
    runner = JobRunner(job, GoldConfig, idle_seconds=settings.idle_seconds)
    progress.subscribe(waker("silver", runner.wake))
    service = Service(
        name=NAME,
        prefix="/gold",
        version=__version__,
        runner=runner,
        progress=progress,
        metrics=metrics,
    )
    return create_service_app(service, settings.control, settings.kafka)


def main() -> None:
    """Serve with settings from the environment."""
    settings = Settings()
    serve(create_app(settings), settings.control.host, settings.port)


if __name__ == "__main__":
    main()
