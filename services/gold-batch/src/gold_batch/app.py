"""Wires gold-batch: settings in, an app out."""

from fastapi import FastAPI
from shoplake_contracts.states import State
from shoplake_lake_kit.writer import writer_id
from shoplake_service_kit.announcer import announcer, waker
from shoplake_service_kit.app import Service
from shoplake_service_kit.app import create_app as create_service_app
from shoplake_service_kit.metrics import Metrics
from shoplake_service_kit.progress import ProgressBus
from shoplake_service_kit.run_collection import RunCollection
from shoplake_service_kit.runner import JobRunner
from shoplake_service_kit.runs import Runs

from gold_batch import __version__, rebuild
from gold_batch.daily import DailyJob
from gold_batch.job import gold_job
from gold_batch.maintenance import COLLECTION, MaintainedJob, MaintenanceRequest
from gold_batch.maintenance_work import MaintenanceWork
from gold_batch.rebuild import RebuildRequest
from gold_batch.serving.api import tables_router
from gold_batch.serving.view import GoldView
from gold_batch.settings import GoldConfig, Settings

NAME = "gold-batch"


def create_app(settings: Settings) -> FastAPI:
    """The service as an app; nothing starts before its lifespan does."""
    metrics, progress = Metrics(NAME), ProgressBus(settings.kafka, NAME)
    maintenance, runs = MaintenanceWork(settings.group, metrics), Runs[MaintenanceRequest](COLLECTION)
    rebuilds = Runs[RebuildRequest](rebuild.COLLECTION)
    inner = gold_job(settings, writer_id(NAME), announcer(progress, metrics), maintenance.use, rebuilds, metrics)
    gold = DailyJob(inner, rebuilds, settings.lake.business_timezone, settings.lake.late_days)
    runner = JobRunner(MaintainedJob(gold, runs, maintenance), GoldConfig, idle_seconds=settings.idle_seconds)
    runs.wake = rebuilds.wake = runner.wake
    maintenance.is_stopping = lambda: runner.state is State.STOPPING
    progress.subscribe(waker("silver", runner.wake))
    service = Service(
        name=NAME,
        prefix="/gold",
        version=__version__,
        runner=runner,
        routers=[tables_router(GoldView(settings.lake))],
        runs=[
            RunCollection(rebuilds, RebuildRequest, "Compute days of gold tables anew"),
            RunCollection(runs, MaintenanceRequest, "Maintain tables: compact, rewrite manifests, expire"),
        ],
        progress=progress,
        metrics=metrics,
    )
    return create_service_app(service, settings.control, settings.kafka)
