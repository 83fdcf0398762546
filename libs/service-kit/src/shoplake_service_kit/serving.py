"""Runs an app under uvicorn so that SIGTERM means: finish the step in hand, close everything, exit with 0."""

import signal
import socket
from threading import Event, Thread
from types import FrameType

import structlog
import uvicorn
from fastapi import FastAPI
from shoplake_contracts.errors import PortInUse

from . import log as logs
from .security import check_bind
from .service import Plant

log = structlog.get_logger()
FATAL_EXIT = 70
"""Exit code by which a supervisor sees that the process gave up on itself (EX_SOFTWARE)."""
DRAIN_SECONDS = 3
"""How long answers in flight (a console's event stream never ends) may hold up the stop of the job."""


def serve(app: FastAPI, host: str, port: int) -> None:
    """Serve until SIGTERM or SIGINT, with one worker in this process.

    Raises:
        InsecureBind: `host` is not loopback and the app has no tokens.
        PortInUse: something else listens there.
        SystemExit: with 1 if the job did not end within its stop deadline, with 3 if the app could not start, with 70
            after an error that only a new process can mend.
    """
    plant = _plant(app)
    control = plant.control
    check_bind(host, tokens=control.token_file is not None)
    # Bound before the lifespan starts, so that a taken port is told before a JVM is started for nothing.
    listener = _bind(host, port)
    logs.configure(plant.service.name, control.log_level, json=control.log_json)
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            workers=1,
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            ws="none",
            timeout_graceful_shutdown=DRAIN_SECONDS,
        )
    )
    # uvicorn raises the signal once more when it is done; with these handlers that ends nothing.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _ignore)
    if plant.service.runner is not None:
        Thread(target=_end_when_fatal, args=[plant.service.runner.fatal, server], daemon=True).start()
    log.info("serving", host=host, port=port)
    server.run(sockets=[listener])
    log.info("served", clean=plant.clean)
    if not server.started:
        raise SystemExit(3)
    if plant.service.runner is not None and plant.service.runner.fatal.is_set():
        raise SystemExit(FATAL_EXIT)
    if not plant.clean:
        raise SystemExit(1)


def _end_when_fatal(fatal: Event, server: uvicorn.Server) -> None:
    fatal.wait()
    server.should_exit = True


def _plant(app: FastAPI) -> Plant:
    found: Plant = app.state.plant
    return found


def _bind(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host.strip("[]"), port))
    except OSError as error:
        listener.close()
        raise PortInUse(f"Cannot listen on {host}:{port}: {error.strerror}.") from error
    return listener


def _ignore(_: int, __: FrameType | None) -> None:
    """A signal that was already obeyed."""
