"""Wires the generator: settings in, an app out."""

import gc

from fastapi import FastAPI
from shoplake_contracts.states import State
from shoplake_service_kit.app import Service, serve
from shoplake_service_kit.app import create_app as create_service_app
from shoplake_service_kit.event_publisher import idempotent_producer
from shoplake_service_kit.metrics import Metrics
from shoplake_service_kit.runner import JobRunner
from shoplake_service_kit.settings import KafkaSettings

from . import __version__
from .api import generator_router
from .ending import Ending
from .job import GeneratorJob
from .metrics import Meter
from .publisher import LoopPublisher, Publisher
from .settings import GeneratorConfig, Settings

NAME = "generator"
IDLE_SECONDS = 0.05
YOUNG_OBJECTS = 200_000


def create_app(settings: Settings) -> FastAPI:
    """The service as an app; nothing starts before its lifespan does."""
    return build_app(settings, LoopPublisher(lambda: idempotent_producer(settings.kafka)), settings.kafka)


def build_app(settings: Settings, publisher: Publisher, kafka: KafkaSettings | None) -> FastAPI:
    """The same over a given way to Kafka; without `kafka` the kit keeps no desired state and no audit."""
    metrics = Metrics(NAME)
    ending = Ending()
    job = GeneratorJob(publisher, ending, Meter(metrics))
    runner = JobRunner(job, GeneratorConfig, idle_seconds=IDLE_SECONDS)
    service = Service(
        name=NAME,
        prefix="/generator",
        version=__version__,
        runner=runner,
        routers=[generator_router(job)],
        default_state=State.STOPPED,
        metrics=metrics,
        on_start=[ending.know_loop],
    )
    app = create_service_app(service, settings.control, kafka)
    ending.bind(runner, app.state.plant)
    return app


def collect_rarely() -> None:
    """Look for cycles of garbage rarely: what events are made of has none, and looking costs a tenth of the speed."""
    gc.set_threshold(YOUNG_OBJECTS)


def main() -> None:
    """Serve with settings from the environment."""
    settings = Settings()
    collect_rarely()
    serve(create_app(settings), settings.control.host, settings.port)


if __name__ == "__main__":
    main()
