"""The examples of events, good and bad: what a producer copies from and what tests run through the real code.

`examples/<event_type>/v<version>/<case>.pass.json` is an event as it is sent. `<case>.fail.json` wraps one that ends in
quarantine: `{"reason": <reason>, "rule": <rule or null>, "event": <the event>}`. `rule` is null where reading the event
already shows the fault: its JSON, a field's type, a field that is missing.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from shoplake_contracts.data import root
from shoplake_contracts.reasons import Reason


@dataclass(frozen=True, slots=True)
class Example:
    """One event and what becomes of it.

    Attributes:
        event_type: whose example it is; `event["event_type"]` may say otherwise on purpose.
        version: of the schema.
        case: what it shows.
        event: the payload.
        reason: why it is quarantined; None for a good one.
        rule: the rule that says so; None for a good one and for faults found by reading.
    """

    event_type: str
    version: int
    case: str
    event: dict[str, Any]
    reason: Reason | None = None
    rule: str | None = None


def load() -> Iterator[Example]:
    """Every example, in the order of event types and cases."""
    for path in sorted((root() / "examples").glob("*/v*/*.json")):
        event_type, version = path.parts[-3], int(path.parts[-2].removeprefix("v"))
        case, outcome, _ = path.name.split(".")
        content = json.loads(path.read_text(encoding="utf-8"))
        if outcome == "pass":
            yield Example(event_type, version, case, content)
        else:
            yield Example(event_type, version, case, content["event"], Reason(content["reason"]), content["rule"])
