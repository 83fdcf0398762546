"""Wires silver-process: settings in, an app out."""

from fastapi import FastAPI
from shoplake_lake_kit.paced_job import PacedJob
from shoplake_lake_kit.writer import writer_id
from shoplake_service_kit.announcer import announcer, waker
from shoplake_service_kit.app import Service
from shoplake_service_kit.app import create_app as create_service_app
from shoplake_service_kit.metrics import Metrics
from shoplake_service_kit.progress import ProgressBus
from shoplake_service_kit.runner import JobRunner

from silver_process import __version__
from silver_process.api import quarantine_router
from silver_process.errands import Wishes
from silver_process.job import silver_job
from silver_process.quarantine_view import QuarantineView
from silver_process.settings import Settings, SilverConfig

NAME = "silver-process"


def create_app(settings: Settings) -> FastAPI:
    """The service as an app; nothing starts before its lifespan does."""
    metrics, progress = Metrics(NAME), ProgressBus(settings.kafka, NAME)
    wishes = Wishes(metrics)
    job = silver_job(settings, writer_id(NAME), announcer(progress, metrics), wishes)
    paced = PacedJob(job, lambda config: config.interval_seconds, is_urgent=wishes.waiting)
    runner = JobRunner(paced, SilverConfig, idle_seconds=settings.idle_seconds)
    progress.subscribe(waker("bronze", runner.wake))
    wishes.wake(runner.wake)
    service = Service(
        name=NAME,
        prefix="/silver",
        version=__version__,
        runner=runner,
        progress=progress,
        metrics=metrics,
        routers=[quarantine_router(QuarantineView(settings.lake))],
        runs=wishes.collections(),
    )
    return create_service_app(service, settings.control, settings.kafka)
