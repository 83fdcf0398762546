"""What a run has done so far, read from the `details` of the generator's status."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple


class Sample(NamedTuple):
    """One event in words, and how many there were by then."""

    produced: int
    text: str


@dataclass(frozen=True)
class Figures:
    """One look at one run.

    Attributes:
        run_id: its name.
        produced: events made, without the copies of a mirror.
        acknowledged: messages that Kafka confirmed, such copies included.
        per_topic: the same by topic.
        planted: faults by kind.
        samples: the newest ones, oldest first.
        done: whether all that was asked for is confirmed.
    """

    run_id: str
    produced: int
    acknowledged: int
    per_topic: Mapping[str, int]
    planted: Mapping[str, int]
    samples: tuple[Sample, ...]
    done: bool

    @classmethod
    def of(cls, details: Mapping[str, Any]) -> "Figures | None":
        """From a status's `details`; None if its service has not run yet."""
        if details.get("run_id") is None:
            return None
        return cls(
            str(details["run_id"]),
            int(details.get("produced", 0)),
            int(details.get("acknowledged", 0)),
            details.get("per_topic", {}),
            details.get("planted", {}),
            tuple(Sample(int(one["produced"]), str(one["text"])) for one in details.get("samples", ())),
            bool(details.get("done")),
        )

    @property
    def sent(self) -> int:
        """Events that Kafka has: neither those still on their way, nor a mirror's copies."""
        return min(self.produced, self.acknowledged)
