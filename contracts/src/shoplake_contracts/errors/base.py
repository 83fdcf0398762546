"""The base of every error: what it must be able to say."""

from typing import ClassVar


class ShoplakeError(Exception):
    """Base of the tree: a sentence on what happened, a stable code, an HTTP status, and what to do about it."""

    code: ClassVar[str] = "internal_error"
    status: ClassVar[int] = 500
    remedy: ClassVar[str] = "Look into the service's log for the traceback and report it."

    def __init__(self, message: str, *, remedy: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.advice = remedy or self.remedy
