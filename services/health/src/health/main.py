"""Wires health: settings in, an app out."""

from fastapi import FastAPI
from shoplake_contracts import topics
from shoplake_service_kit.app import Service, serve
from shoplake_service_kit.app import create_app as create_service_app
from shoplake_service_kit.metrics import Metrics
from shoplake_service_kit.run_collection import RunCollection
from shoplake_service_kit.runner import JobRunner

from health import __version__
from health.api import health_router
from health.audit.recount import Recount
from health.audit.request import AuditRequest
from health.audit.worker import Auditor
from health.passport.lookup import Lookup
from health.passport.routes import passport_router
from health.probes.broker import Broker
from health.probes.tables import Tables
from health.settings import HealthConfig, Settings
from health.watch import Watch

NAME = "health"


def create_app(settings: Settings) -> FastAPI:
    """The service as an app; nothing starts before its lifespan does."""
    metrics = Metrics(NAME)
    watch = Watch(Broker(settings.kafka, topics.event_topics()), Tables(settings.lake, settings.group), metrics)
    auditor = Auditor(Recount(settings.lake, settings.audit_memory_mb), metrics)
    service = Service(
        name=NAME,
        prefix="/health",
        version=__version__,
        runner=JobRunner(watch, HealthConfig, idle_seconds=settings.interval_seconds),
        routers=[
            health_router(watch, settings),
            passport_router(Lookup(settings.lake)),
        ],
        runs=[RunCollection(auditor.runs, AuditRequest, "Recount every address and name what is missing or doubled")],
        on_start=[auditor.start],
        on_stop=[auditor.stop],
        metrics=metrics,
    )
    return create_service_app(service, settings.control, settings.kafka)


def main() -> None:
    """Serve with settings from the environment."""
    settings = Settings()
    serve(create_app(settings), settings.control.host, settings.port)


if __name__ == "__main__":
    main()
