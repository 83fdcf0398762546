"""What a run of the proof leaves behind: enough to judge it, and to run it again."""

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from prove.killer import Kill


@dataclass
class Ledger:
    """One JSON file, written anew whenever something is added: a run that is cut off leaves what it knew."""

    path: Path
    facts: dict[str, Any]
    kills: list[Kill] = field(default_factory=list)

    def add(self, **facts: Any) -> None:
        """Note facts."""
        self.facts |= facts
        self._write()

    def killed(self, kill: Kill) -> None:
        """Note a kill."""
        self.kills.append(kill)
        self._write()

    @property
    def place(self) -> str:
        """Where it is, as a person would type it."""
        return os.path.relpath(self.path)

    def recovery(self, *, idle: bool) -> tuple[float, float]:
        """Median and 95th percentile of the seconds from a kill to the first new publish; 0 without such kills.

        Args:
            idle: of the kills on an idle machine, or else of those in the middle of the load.
        """
        kills = [kill for kill in self.kills if kill.idle is idle]
        seconds = [kill.recovery_seconds for kill in kills if kill.recovery_seconds is not None]
        if len(seconds) < 2:
            return (seconds[0], seconds[0]) if seconds else (0.0, 0.0)
        cuts = quantiles(seconds, n=100, method="inclusive")
        return round(cuts[49], 1), round(cuts[94], 1)

    @property
    def turn_ns(self) -> float:
        """Median of what a turn of an empty loop took after the kills on an idle machine; 0 without such kills."""
        return median([kill.turn_ns for kill in self.kills if kill.turn_ns is not None] or [0.0])

    def _write(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        draft = self.path.with_suffix(".draft")
        content = self.facts | {"kills": [kill.to_dict() for kill in self.kills]}
        draft.write_text(json.dumps(content, indent=1, default=str) + "\n")
        draft.replace(self.path)
