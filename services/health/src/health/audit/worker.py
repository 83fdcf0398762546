"""The thread that does the audits: reading a whole lake must hold up neither the routes nor the watch."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any

from shoplake_service_kit.metrics import Metrics
from shoplake_service_kit.runs import OPEN, Run, RunCancelledError, Runs

from health.audit.request import AuditRequest
from health.audit.verdict import Verdict

COLLECTION = "/health/audits"
STOP_WITHIN = 10.0
"""Seconds that a cancelled audit gets to notice; it writes nothing, so one that does not is left behind."""


class Auditor:
    """Runs one audit at a time on a thread of its own.

    Args:
        recount: The audit.
        metrics: Where its verdict is counted.
    """

    def __init__(self, recount: Callable[[Run[AuditRequest]], dict[str, Any]], metrics: Metrics) -> None:
        self._recount = recount
        self._ended = metrics.counter("shoplake_audits_total")
        self._wanted = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="audits", daemon=True)
        self.runs: Runs[AuditRequest] = Runs(COLLECTION, self._wanted.set)

    async def start(self) -> None:
        """Begin to wait for audits."""
        self._thread.start()

    async def stop(self) -> None:
        """Cancel the audit in hand and end the thread."""
        self._stopping.set()
        for run in self.runs.all():
            if run.state in OPEN:
                self.runs.cancel(run.id)
        self._wanted.set()
        await asyncio.to_thread(self._thread.join, STOP_WITHIN)

    def _loop(self) -> None:
        while not self._stopping.is_set():
            self._wanted.wait()
            self._wanted.clear()
            while not self._stopping.is_set() and self.runs.work(self._counted):
                pass

    def _counted(self, run: Run[AuditRequest]) -> dict[str, Any]:
        verdict = Verdict.FAILED
        try:
            result = self._recount(run)
            verdict = Verdict(result["verdict"])
        except RunCancelledError:
            verdict = Verdict.CANCELLED
            raise
        finally:
            self._ended.labels(verdict=verdict.value).inc()
        return result
