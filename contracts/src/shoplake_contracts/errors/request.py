"""What the caller of the control API can mend."""

# ruff: noqa: N818 - a class is named for what happened; ShoplakeError says that it is an error
from collections.abc import Mapping
from typing import Any

from shoplake_contracts.errors.base import ShoplakeError


class RequestError(ShoplakeError):
    """The request as it stands cannot be served; the sentence says what to change."""

    status = 400


class InvalidRequest(RequestError):
    """A field is unknown, missing or out of range."""

    code, status = "invalid_request", 422
    remedy = "Correct the named field; GET /openapi.json describes the request."


class Unauthorized(RequestError):
    """No token, or a token nobody issued."""

    code, status = "unauthorized", 401
    remedy = "Send Authorization: Bearer <token> with a token from the service's token file."


class Forbidden(RequestError):
    """The token's role is too low for this request."""

    code, status = "forbidden", 403
    remedy = "Use a token of the named role."


class NotFound(RequestError):
    """There is no such thing."""

    code, status = "not_found", 404
    remedy = "GET /openapi.json lists the routes; list the collection to see what exists."


class ConfigDiffers(RequestError):
    """The service runs with another config than the one in the request."""

    code, status = "config_differs", 409
    remedy = "Stop it first, or change the config with PUT …/config."


class ChangeInProgress(RequestError):
    """One state change at a time."""

    code, status = "change_in_progress", 409
    remedy = "Poll GET …/status until the state settles, then try again."


class RunInProgress(RequestError):
    """One run of a kind at a time."""

    code, status = "run_in_progress", 409
    remedy = "Follow the run named in Location, or cancel it with DELETE."

    def __init__(self, message: str, *, location: str) -> None:
        super().__init__(message)
        self.location = location


class RunInterrupted(RequestError):
    """The process died in the middle of a run."""

    code, status = "run_interrupted", 500
    remedy = "Ask for it again: what was published stays, and what is done twice is the same."


class ResolutionDiffers(RequestError):
    """A resolution has to name exactly what is wrong now."""

    code, status = "resolution_differs", 409
    remedy = "GET …/status names the faults as facts: send these, if that is what you accept."

    def __init__(self, message: str, *, facts: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.facts = dict(facts or {})


class NotRunning(RequestError):
    """Only a service that runs can be paused or resumed."""

    code, status = "not_running", 409
    remedy = "POST …/start first."


class MethodNotAllowed(RequestError):
    """The path exists, but not for this method."""

    code, status = "method_not_allowed", 405
    remedy = "GET /openapi.json lists the methods of each path."


class NotJson(RequestError):
    """A body is JSON and says so."""

    code, status = "not_json_request", 415
    remedy = "Send the body as JSON with Content-Type: application/json."


class BodyTooLarge(RequestError):
    """Control requests are small."""

    code, status = "body_too_large", 413
    remedy = "Send at most 64 KiB; events go to Kafka, not to the control API."


class HostNotAllowed(RequestError):
    """The Host header is not one this service answers to."""

    code, status = "host_not_allowed", 421
    remedy = "Add the name to SHOPLAKE_CONTROL_ALLOWED_HOSTS if it is really yours."
