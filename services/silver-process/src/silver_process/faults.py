"""What can be wrong with an event, as bits while events stream by and as records once somebody reads them.

Good events pay for the conditions only: a table's checks fill one integer per row, and the records of quarantine and
the names of flags are looked up for the few rows whose integer is not 0.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from shoplake_contracts.reasons import Reason

from silver_process.expressions import chosen, literal

RECORD = "struct<rank:int,version:int,rule:string,path:string,message:string,reason:string>"
_RANK = {reason: rank for rank, reason in enumerate(Reason)}


@dataclass(frozen=True)
class Fault:
    """One thing that can be wrong.

    Attributes:
        reason: why the event cannot be kept.
        path: where in the payload.
        message: a sentence without values of the event: people read quarantine, payloads are not theirs to see.
        rule: the rule's name in contracts/rules; empty where the reason itself is the rule (parsing and routing).
        version: the rule's version.
    """

    reason: Reason
    path: str
    message: str
    rule: str = ""
    version: int = 1

    @property
    def record(self) -> str:
        """As a `RECORD`; `rank` is the reason's place in the closed list, so the smallest names the row's reason."""
        texts = (self.rule or self.reason.value, self.path, self.message, self.reason.value)
        return f"struct({_RANK[self.reason]}, {self.version}, {', '.join(map(literal, texts))})"


def records(mask: str, faults: Sequence[Fault]) -> str:
    """The records of the faults whose bits are set."""
    return chosen(mask, [fault.record for fault in faults], RECORD)
