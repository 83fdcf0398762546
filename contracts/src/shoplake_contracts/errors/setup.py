"""What keeps this machine, or these settings, from running the thing asked for."""

# ruff: noqa: N818 - a class is named for what happened; ShoplakeError says that it is an error
from shoplake_contracts.errors.base import ShoplakeError


class SetupError(ShoplakeError):
    """The machine or the settings have to change first."""


class InsecureBind(SetupError):
    """A control API without tokens would be open to the network."""

    code = "insecure_bind"
    remedy = "Set SHOPLAKE_CONTROL_TOKEN_FILE, or bind to 127.0.0.1."


class PortInUse(SetupError):
    """Something else listens on a port the stack needs."""

    code = "port_in_use"
    remedy = "End the named process, or choose other ports with --port-base."


class JavaMissing(SetupError):
    """No Java 17 or 21 was found."""

    code = "java_missing"
    remedy = "Install Java 17 or 21 and set JAVA_HOME, or run make setup, which brings one."


class JarsInvalid(SetupError):
    """A jar is missing or is not the locked one."""

    code = "jars_invalid"
    remedy = "Remove the cache folder named above and run shoplake jars."


class StackNotRunning(SetupError):
    """There is no stack under this home."""

    code = "stack_not_running"
    remedy = "Start one with make up, or name its folder with --home."


class StackRunning(SetupError):
    """A stack already runs under this home."""

    code = "stack_running"
    remedy = "Stop it with shoplake down, or use another --home."


class StartFailed(SetupError):
    """A part of the stack did not become ready in time."""

    code = "start_failed"
    remedy = "Read the named log; shoplake status shows which part it is."
