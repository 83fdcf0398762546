"""The states a service can be in; the console, the command line and Dagster read the same six words."""

from enum import StrEnum


class State(StrEnum):
    """State of one service's job."""

    STOPPED = "STOPPED"
    STARTING = "STARTING"
    RUNNING = "RUNNING"
    PAUSED = "PAUSED"
    STOPPING = "STOPPING"
    FAILED = "FAILED"
