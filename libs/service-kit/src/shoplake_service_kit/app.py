"""Makes the FastAPI app of a service: the same guards, probes, control routes and errors around each one's own work."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.middleware import Middleware

from .audit import Audit, AuditTrail
from .control import control_router
from .guards import BodyGuard, HostGuard
from .openapi import install_problem_schema
from .probes import router as probes
from .problems import install_problem_handlers
from .runs_router import runs_router
from .security import Authentication, Tokens, check_bind
from .service import Plant, Service
from .serving import serve
from .settings import ControlSettings, KafkaSettings

__all__ = ["Service", "create_app", "serve"]


def create_app(service: Service, control: ControlSettings, kafka: KafkaSettings | None) -> FastAPI:
    """Build the app; nothing is started before its lifespan is.

    Args:
        service: What is particular about it.
        control: How the control API is guarded.
        kafka: Where Kafka is; None leaves out desired state, announcements and audit.

    Raises:
        InsecureBind: the address can be reached from outside and there are no tokens.
        SetupError: the token file cannot be used.
    """
    tokens = Tokens.load(control.token_file) if control.token_file else None
    check_bind(control.host, tokens=tokens is not None)
    plant = Plant(service, control, kafka)
    outbox = plant.progress.outbox if kafka and plant.progress else None
    app = FastAPI(
        title=f"Shoplake {service.name}",
        version=service.version,
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan,
        middleware=[
            Middleware(AuditTrail, audit=Audit(service.name, plant.metrics, outbox)),
            Middleware(HostGuard, allowed=control.allowed_hosts),
            Middleware(Authentication, tokens=tokens),
            Middleware(BodyGuard),
        ],
    )
    app.state.plant = plant
    install_problem_handlers(app)
    app.include_router(probes)
    if service.runner is not None:
        app.include_router(control_router(service.prefix, service.runner))
    for router in (*service.routers, *map(runs_router, service.runs)):
        app.include_router(router)
    install_problem_schema(app)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    plant: Plant = app.state.plant
    await plant.start()
    try:
        yield
    finally:
        await plant.stop()
