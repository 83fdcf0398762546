"""What passes by itself: the stage tries again."""

# ruff: noqa: N818 - a class is named for what happened; ShoplakeError says that it is an error
from shoplake_contracts.errors.base import ShoplakeError


class Transient(ShoplakeError):
    """Expected to pass by itself: the stage tries again with back-off and loses nothing."""

    status = 503


class BrokerUnavailable(Transient):
    """Kafka does not answer."""

    code = "broker_unavailable"
    remedy = "Check that the broker is up and that SHOPLAKE_KAFKA_BOOTSTRAP names it; the stage goes on by itself."


class SourceChanged(Transient):
    """A topic was made anew, or went away, while a box of it was read."""

    code = "source_changed"
    remedy = "Nothing to do: what was read is thrown away and the box is planned again; a new topic is refused by name."


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


class BoxOpen(Transient):
    """A crash left a box half published; it is completed before anything else is done."""

    code = "box_open"
    remedy = "Nothing to do: the stage completes the box and then goes on with what was asked."


class MemoryShort(Transient):
    """A task got no memory, others having it: the heap is small for what runs side by side."""

    code = "memory_short"
    remedy = "Nothing to do: the stage tries again. If it repeats, give the heap more by SHOPLAKE_SPARK_DRIVER_MEMORY."


class DaysChanged(Transient):
    """The days to overwrite changed after the rows for them were computed, by a compaction for example."""

    code = "days_changed"
    remedy = "Nothing to do: the rows are computed again from what the table holds now."
