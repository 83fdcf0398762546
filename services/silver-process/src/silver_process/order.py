"""The order for one backfill, as the lead's stamp keeps it: whoever finds it half done can complete it by that."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from silver_process.wishes import BackfillRequest


@dataclass(frozen=True, slots=True)
class Order:
    """What one backfill does.

    Attributes:
        id: The run's.
        wish: What was asked for.
        at: The clock of all its rows; rows of quarantine that carry it were put there by this very backfill.
    """

    id: str
    wish: BackfillRequest
    at: datetime

    def kept(self) -> dict[str, str]:
        """The form in a stamp."""
        days = {"from": self.wish.from_.isoformat(), "to": self.wish.to.isoformat()}
        return {"id": self.id, **days, "at": self.at.isoformat()}

    @classmethod
    def read(cls, kept: Mapping[str, str]) -> Self:
        """The order that a stamp keeps."""
        wish = BackfillRequest.model_validate({"from": kept["from"], "to": kept["to"]})
        return cls(kept["id"], wish, datetime.fromisoformat(kept["at"]))
