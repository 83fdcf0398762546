"""One line every few seconds that says whether the pipeline keeps up and whether anything is missing."""

from collections.abc import Callable, Mapping
from threading import Event, Thread
from typing import Any

from shoplake_contracts.errors import ShoplakeError

from shoplake_cli.client import Client

EVERY = 5.0


class StatusLine(Thread):
    """Asks health and says the line, until `ended`; a thread, so that a slow answer holds up nothing."""

    def __init__(self, client: Client, say: Callable[[str], None], ended: Event, every: float = EVERY) -> None:
        super().__init__(name="status-line", daemon=True)
        self._client = client
        self._say = say
        self._ended = ended
        self._every = every
        self._failed: set[str] = set()

    def run(self) -> None:
        """Say a line, wait, say the next."""
        while not self._ended.wait(self._every):
            try:
                line = status_line(self._client.accounting(), self._client.lag())
                fresh = failures(self._client.pipeline(), self._failed)
            except ShoplakeError as error:
                line, fresh = f"no figures: {error.message}", []
            # Health goes down with the others when the stack stops: that is no news.
            if not self._ended.is_set():
                for sentence in [line, *fresh]:
                    self._say(sentence)


def status_line(accounting: Mapping[str, Any], lag: Mapping[str, Any]) -> str:
    """The figures in one line, in the order of the equation."""
    total = accounting["total"]
    gold = lag["stages"].get("gold", {})
    seconds = gold.get("seconds")
    behind = f"gold lag {gold.get('events', 0):,}" + (f" ({seconds:.1f} s)" if seconds is not None else "")
    counted = " · ".join(
        f"{name} {total[name]:,}" for name in ("produced", "bronze", "silver", "quarantined", "duplicates")
    )
    return f"{counted} · {behind} · unaccounted {total['unaccounted']:,}"


def failures(pipeline: Mapping[str, Any], known: set[str]) -> list[str]:
    """Sentences on services that went FAILED since the last look; `known` is brought up to date."""
    failed = {name: found for name, found in pipeline["services"].items() if found["state"] == "FAILED"}
    fresh = [name for name in failed if name not in known]
    known.clear()
    known.update(failed)
    return [failure(name, failed[name].get("error") or {}) for name in fresh]


def failure(name: str, error: Mapping[str, Any]) -> str:
    """A FAILED service in one sentence: which, the code, what happened, what to do."""
    # An unforeseen error brings its whole traceback; the log has it.
    first = str(error.get("message")).partition("\n")[0]
    return f"{name} is FAILED ({error.get('code')}): {first} {error.get('remedy') or ''}".rstrip()
