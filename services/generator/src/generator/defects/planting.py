"""Faults planted on purpose, so that quarantine and deduplication can be seen at work; each one is counted by kind."""

from collections import Counter, deque
from random import Random

from shoplake_service_kit.event_publisher import Message

REMEMBERED = 1_000
NOT_JSON = "not_json"
UNKNOWN_TYPE = "unknown_event_type"
MISSING_FIELD = "missing_field"
DUPLICATE = "duplicate"


class Defects:
    """Spoils and repeats messages at given rates.

    Args:
        seed: Decides which; apart from the traffic's own chance, so that defects do not change what else happens.
        invalid_ratio: Share of messages that are spoilt; the pipeline must quarantine each.
        duplicate_ratio: Share of messages that are sent once more, the same bytes.
    """

    def __init__(self, seed: int, invalid_ratio: float, duplicate_ratio: float) -> None:
        self._rng = Random(seed)  # noqa: S311  # chooses test data, guards nothing
        self._invalid = invalid_ratio
        self._duplicate = duplicate_ratio
        self._sound: deque[Message] = deque(maxlen=REMEMBERED)
        self.planted: Counter[str] = Counter()

    def plant(self, message: Message) -> Message:
        """The message itself, a spoilt one or an earlier one in its place."""
        if not self._invalid and not self._duplicate:
            return message
        chance = self._rng.random()
        if chance < self._invalid:
            return self._spoil(message)
        if chance < self._invalid + self._duplicate and self._sound:
            self.planted[DUPLICATE] += 1
            return self._rng.choice(self._sound)
        self._sound.append(message)
        return message

    def _spoil(self, message: Message) -> Message:
        kind = self._rng.choice((NOT_JSON, UNKNOWN_TYPE, MISSING_FIELD))
        self.planted[kind] += 1
        return Message(message.topic, message.key, _SPOILT[kind](message.value), message.headers)


def _cut(value: bytes) -> bytes:
    return value[: len(value) // 2]


def _unknown(value: bytes) -> bytes:
    start = value.index(b'"event_type":"') + len(b'"event_type":"')
    return value[:start] + b"mystery_" + value[start:]


def _nameless(value: bytes) -> bytes:
    return value.replace(b'"event_id":', b'"lost_id":', 1)


_SPOILT = {NOT_JSON: _cut, UNKNOWN_TYPE: _unknown, MISSING_FIELD: _nameless}
