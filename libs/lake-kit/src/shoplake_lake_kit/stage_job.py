"""The job of every stage: open what a kit works with, step the stage until told otherwise, close it again."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar
from uuid import uuid4

from pydantic import BaseModel
from shoplake_contracts.errors import UpstreamNotReady

from shoplake_lake_kit.plan import is_open
from shoplake_lake_kit.ports import Frame
from shoplake_lake_kit.stage import Stage

Config = TypeVar("Config", bound=BaseModel)
Session = TypeVar("Session")


def utc_now() -> datetime:
    """The clock of a running service."""
    return datetime.now(UTC)


def new_attempt() -> str:
    """An attempt id that no other process makes."""
    return uuid4().hex


@dataclass(frozen=True)
class Errand:
    """Work of a service beside its boxes, such as a replay; done between two of them, so that writers never race.

    Attributes:
        due: Whether there is something to do; asked before every box, so it answers from memory.
        run: Does it. What it raises ends the step as a failed box would.
    """

    due: Callable[[], bool]
    run: Callable[[], None]


def no_errands(_session: Any, _config: Any, _stage: Any) -> Sequence[Errand]:
    """Most stages have nothing to do beside their boxes."""
    return ()


class SteppedStage(ABC, Generic[Session, Config, Frame]):
    """Implements service-kit's `Job` for a stage.

    A service says how its stage is built, a kit what it is built with: a session of its engine, or a catalog.
    """

    def __init__(
        self,
        *,
        application: str,
        tables: Sequence[str],
        build: Callable[[Session, Config], Stage[Frame]],
        errands: Callable[[Session, Config, Stage[Frame]], Sequence[Errand]] = no_errands,
    ) -> None:
        self._application = application
        self._tables = tables
        self._build = build
        self._build_errands = errands
        self._errands: Sequence[Errand] = ()
        self._session: Session | None = None
        self._stage: Stage[Frame] | None = None

    @abstractmethod
    def _open_session(self) -> Session:
        """Connect."""

    @abstractmethod
    def _prepare(self, session: Session) -> None:
        """Make the tables what their contracts say."""

    @abstractmethod
    def _close_session(self, session: Session) -> None:
        """Give back what `_open_session` took."""

    @abstractmethod
    def _translated(self) -> AbstractContextManager[None]:
        """Raise foreign errors as those of our tree, where they stand for one."""

    def open(self, config: Config) -> None:
        """Open a session, make the tables what their contracts say, build the stage."""
        self._session = self._open_session()
        with self._translated():
            self._prepare(self._session)
        self._stage = self._build(self._session, config)
        self._errands = self._build_errands(self._session, config, self._stage)

    def step(self) -> bool:
        """Do an errand that is due, or publish one box if there is one; True when another may be waiting.

        An errand waits for the first box, and for one that a crash left open to be completed.

        A stage whose upstream has not published yet waits: that is the order of a first start, no fault.
        """
        if self._stage is None:
            raise RuntimeError("step before open")
        try:
            with self._translated():
                return self._run_errand(self._stage) or self._stage.step()
        except UpstreamNotReady:
            return False

    def _run_errand(self, stage: Stage[Frame]) -> bool:
        due = next((errand for errand in self._errands if errand.due()), None)
        if due is None or not _between_boxes(stage):
            return False
        due.run()
        return True

    def close(self) -> None:
        """End the session."""
        self._stage, self._errands = None, ()
        session, self._session = self._session, None
        if session is not None:
            self._close_session(session)

    def details(self) -> dict[str, Any]:
        """Where this job's data is, for the status."""
        return {"application": self._application, "tables": list(self._tables)}


def _between_boxes(stage: Stage[Frame]) -> bool:
    stamps = stage.stamps()
    return next(iter(stamps.values())) is not None and not is_open(stamps)
