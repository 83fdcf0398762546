"""The closed list of reasons for which an event is quarantined."""

from enum import StrEnum


class Reason(StrEnum):
    """Why an event is in `silver.quarantine`; an event with several faults carries the first of this order."""

    EMPTY = "empty"
    TOO_LARGE = "too_large"
    NOT_UTF8 = "not_utf8"
    NOT_JSON = "not_json"
    NOT_AN_OBJECT = "not_an_object"
    UNKNOWN_EVENT_TYPE = "unknown_event_type"
    UNEXPECTED_EVENT_TYPE = "unexpected_event_type"
    UNSUPPORTED_VERSION = "unsupported_version"
    WRONG_TYPE = "wrong_type"
    MISSING_FIELD = "missing_field"
    BAD_TIMESTAMP = "bad_timestamp"
    FUTURE_TIMESTAMP = "future_timestamp"
    TOO_OLD = "too_old"
    NO_VISITOR = "no_visitor"
    OUT_OF_RANGE = "out_of_range"
    INCONSISTENT_TOTAL = "inconsistent_total"
