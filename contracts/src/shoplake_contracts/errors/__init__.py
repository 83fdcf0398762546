"""Every error Shoplake raises on purpose, as one tree, so that a code means the same in a log, a status and an answer.

::

    ShoplakeError
    ├── Transient            the stage tries again by itself, with back-off
    │   ├── BrokerUnavailable   broker_unavailable
    │   ├── SourceChanged       source_changed
    │   ├── CatalogUnavailable  catalog_unavailable
    │   ├── PublishUnknown      publish_unknown
    │   ├── UpstreamNotReady    upstream_not_ready
    │   ├── BoxOpen             box_open
    │   ├── MemoryShort         memory_short
    │   └── DaysChanged         days_changed
    ├── Refusal              the stage goes FAILED and waits for a person
    │   ├── WriterConflict      writer_conflict
    │   ├── OffsetsGone         offsets_gone
    │   ├── TopicRecreated      topic_recreated
    │   ├── ForeignCluster      foreign_cluster
    │   ├── StampAhead          stamp_ahead
    │   ├── StampMissing        stamp_missing
    │   ├── BronzeIncomplete    bronze_incomplete
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
    │   ├── RunInProgress       run_in_progress
    │   ├── RunInterrupted      run_interrupted
    │   ├── ResolutionDiffers   resolution_differs
    │   ├── NotRunning          not_running
    │   ├── MethodNotAllowed    method_not_allowed
    │   ├── NotJson             not_json_request
    │   ├── BodyTooLarge        body_too_large
    │   └── HostNotAllowed      host_not_allowed
    ├── Fatal                this process ends, its supervisor starts another
    │   └── JvmGone             jvm_gone
    └── SetupError           this machine or its settings cannot run the thing asked for
        ├── InsecureBind        insecure_bind
        ├── PortInUse           port_in_use
        ├── JavaMissing         java_missing
        ├── JarsInvalid         jars_invalid
        ├── StackNotRunning     stack_not_running
        ├── StackRunning        stack_running
        └── StartFailed         start_failed
"""

from shoplake_contracts.errors.base import ShoplakeError
from shoplake_contracts.errors.fatal import Fatal, JvmGone
from shoplake_contracts.errors.refusal import (
    AuditFailed,
    BronzeIncomplete,
    ForeignCluster,
    OffsetsGone,
    Refusal,
    RuleFailed,
    SchemaMismatch,
    StampAhead,
    StampMissing,
    TopicRecreated,
    WriterConflict,
)
from shoplake_contracts.errors.request import (
    BodyTooLarge,
    ChangeInProgress,
    ConfigDiffers,
    Forbidden,
    HostNotAllowed,
    InvalidRequest,
    MethodNotAllowed,
    NotFound,
    NotJson,
    NotRunning,
    RequestError,
    ResolutionDiffers,
    RunInProgress,
    RunInterrupted,
    Unauthorized,
)
from shoplake_contracts.errors.setup import (
    InsecureBind,
    JarsInvalid,
    JavaMissing,
    PortInUse,
    SetupError,
    StackNotRunning,
    StackRunning,
    StartFailed,
)
from shoplake_contracts.errors.transient import (
    BoxOpen,
    BrokerUnavailable,
    CatalogUnavailable,
    DaysChanged,
    MemoryShort,
    PublishUnknown,
    SourceChanged,
    Transient,
    UpstreamNotReady,
)

__all__ = [
    "AuditFailed",
    "BodyTooLarge",
    "BoxOpen",
    "BrokerUnavailable",
    "BronzeIncomplete",
    "CatalogUnavailable",
    "ChangeInProgress",
    "ConfigDiffers",
    "DaysChanged",
    "Fatal",
    "Forbidden",
    "ForeignCluster",
    "HostNotAllowed",
    "InsecureBind",
    "InvalidRequest",
    "JarsInvalid",
    "JavaMissing",
    "JvmGone",
    "MemoryShort",
    "MethodNotAllowed",
    "NotFound",
    "NotJson",
    "NotRunning",
    "OffsetsGone",
    "PortInUse",
    "PublishUnknown",
    "Refusal",
    "RequestError",
    "ResolutionDiffers",
    "RuleFailed",
    "RunInProgress",
    "RunInterrupted",
    "SchemaMismatch",
    "SetupError",
    "ShoplakeError",
    "SourceChanged",
    "StackNotRunning",
    "StackRunning",
    "StampAhead",
    "StampMissing",
    "StartFailed",
    "TopicRecreated",
    "Transient",
    "Unauthorized",
    "UpstreamNotReady",
    "WriterConflict",
]
