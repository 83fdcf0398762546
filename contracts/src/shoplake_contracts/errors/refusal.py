"""What must not be passed over: the stage stops until a person has looked."""

# ruff: noqa: N818 - a class is named for what happened; ShoplakeError says that it is an error
from collections.abc import Mapping
from typing import Any

from shoplake_contracts.errors.base import ShoplakeError


class Refusal(ShoplakeError):
    """Going on could lose, double or change events: the stage stops until a person has looked."""

    status = 409

    def __init__(self, message: str, *, remedy: str | None = None, facts: Mapping[str, Any] | None = None) -> None:
        super().__init__(message, remedy=remedy)
        self.facts = dict(facts or {})


class WriterConflict(Refusal):
    """Another writer published where this one was about to."""

    code = "writer_conflict"
    remedy = "Stop one of the two services of this writer group: see docs/operations/writer-conflict.md."


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


class BronzeIncomplete(Refusal):
    """Bronze lacks events that silver holds: they cannot be computed again."""

    code = "bronze_incomplete"
    remedy = "Nothing was changed. Leave out the days of the named events: see docs/operations/bronze-incomplete.md."


class AuditFailed(Refusal):
    """What was staged is not what was read: in = out + quarantined + duplicates does not hold."""

    code = "audit_failed"
    remedy = "Nothing was published. Keep the log and report it: see docs/operations/audit-failed.md."


class RuleFailed(Refusal):
    """A quality rule whose action is `fail` was broken."""

    code = "rule_failed"
    remedy = "Mend the named rule or quarantine such events: see docs/operations/rule-failed.md."


class SchemaMismatch(Refusal):
    """A table's schema is not the contract's."""

    code = "schema_mismatch"
    remedy = "Upgrade the table to the contract: see docs/operations/schema-mismatch.md."
