"""Every error Shoplake raises on purpose, as one tree, so that a code means the same in a log, a status and an answer.

::

    ShoplakeError
    ├── Transient            the stage tries again by itself, with back-off
    │   ├── BrokerUnavailable   broker_unavailable
    │   ├── CatalogUnavailable  catalog_unavailable
    │   ├── PublishUnknown      publish_unknown
    │   └── UpstreamNotReady    upstream_not_ready
    ├── Refusal              the stage goes FAILED and waits for a person
    │   ├── WriterConflict      writer_conflict
    │   ├── OffsetsGone         offsets_gone
    │   ├── TopicRecreated      topic_recreated
    │   ├── ForeignCluster      foreign_cluster
    │   ├── StampAhead          stamp_ahead
    │   ├── StampMissing        stamp_missing
    │   ├── AuditFailed         audit_failed
    │   ├── RuleFailed          rule_failed
    │   └── SchemaMismatch      schema_mismatch
    ├── RequestError         the caller can mend the request
    │   ├── InvalidRequest      invalid_request
    │   ├── Unauthorized        unauthorized
    │   ├── Forbidden           forbidden
    │   ├── NotFound            not_found
    │   ├── ConfigDiffers       config_differs
    │   ├── ChangeInProgress    change_in_progress
    │   ├── NotRunning          not_running
    │   ├── MethodNotAllowed    method_not_allowed
    │   ├── NotJson             not_json_request
    │   ├── BodyTooLarge        body_too_large
    │   └── HostNotAllowed      host_not_allowed
    └── SetupError           this machine or its settings cannot run the thing asked for
        ├── InsecureBind        insecure_bind
        ├── PortInUse           port_in_use
        ├── JavaMissing         java_missing
        ├── JarsInvalid         jars_invalid
        ├── StackNotRunning     stack_not_running
        ├── StackRunning        stack_running
        └── StartFailed         start_failed
"""

# ruff: noqa: N818 - a class is named for what happened; ShoplakeError says that it is an error
from typing import ClassVar


class ShoplakeError(Exception):
    """Base of the tree: a sentence on what happened, a stable code, an HTTP status, and what to do about it."""

    code: ClassVar[str] = "internal_error"
    status: ClassVar[int] = 500
    remedy: ClassVar[str] = "Look into the service's log for the traceback and report it."

    def __init__(self, message: str, *, remedy: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.advice = remedy or self.remedy


class Transient(ShoplakeError):
    """Expected to pass by itself: the stage tries again with back-off and loses nothing."""

    status = 503


class BrokerUnavailable(Transient):
    """Kafka does not answer."""

    code = "broker_unavailable"
    remedy = "Check that the broker is up and that SHOPLAKE_KAFKA_BOOTSTRAP names it; the stage goes on by itself."


class CatalogUnavailable(Transient):
    """The Iceberg catalog or its storage does not answer."""

    code = "catalog_unavailable"
    remedy = "Check SHOPLAKE_CATALOG_URI and the storage behind SHOPLAKE_WAREHOUSE; the stage goes on by itself."


class PublishUnknown(Transient):
    """The commit's reply was lost: only the table knows whether it took place."""

    code = "publish_unknown"
    remedy = "Nothing to do: the stage reads the stamp again and decides by it."


class UpstreamNotReady(Transient):
    """The stage before this one has not published yet."""

    code = "upstream_not_ready"
    remedy = "Start the stage before this one, or wait for its first publish."


class Refusal(ShoplakeError):
    """Going on could lose, double or change events: the stage stops until a person has looked."""

    status = 409


class WriterConflict(Refusal):
    """Another writer published where this one was about to."""

    code = "writer_conflict"
    remedy = "Two services write for one writer group: stop one of them, then POST …/start to the other."


class OffsetsGone(Refusal):
    """The broker no longer holds events that were not ingested yet."""

    code = "offsets_gone"
    remedy = "Restore the topic, or accept the gap in writing: see docs/operations/offsets-gone.md."


class TopicRecreated(Refusal):
    """A topic with the recorded name has another id: its offsets are other events."""

    code = "topic_recreated"
    remedy = "Accept the new topic as a new epoch: see docs/operations/topic-recreated.md."


class ForeignCluster(Refusal):
    """The broker belongs to another cluster than the one recorded in the table."""

    code = "foreign_cluster"
    remedy = "Point SHOPLAKE_KAFKA_BOOTSTRAP at the recorded cluster: see docs/operations/foreign-cluster.md."


class StampAhead(Refusal):
    """The table says it holds more than its source ever had."""

    code = "stamp_ahead"
    remedy = "The source was rolled back or replaced: see docs/operations/stamp-ahead.md."


class StampMissing(Refusal):
    """A table has rows but no stamp: nobody knows what they are."""

    code = "stamp_missing"
    remedy = "The table was written by something else: see docs/operations/stamp-missing.md."


class AuditFailed(Refusal):
    """What was staged is not what was read: in = out + quarantined + duplicates does not hold."""

    code = "audit_failed"
    remedy = "Nothing was published. Keep the log and report it: see docs/operations/audit-failed.md."


class RuleFailed(Refusal):
    """A quality rule whose action is `fail` was broken."""

    code = "rule_failed"
    remedy = "Look at the named rule in contracts/rules and at the named events, then start the stage again."


class SchemaMismatch(Refusal):
    """A table's schema is not the contract's."""

    code = "schema_mismatch"
    remedy = "Upgrade the table to the contract: see docs/operations/schema-mismatch.md."


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
