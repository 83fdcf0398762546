"""Chance without state: the same numbers for the same (seed, purpose, number), whoever asks and in whatever order."""

from collections.abc import Sequence
from hashlib import blake2b
from typing import TypeVar

T = TypeVar("T")


class Draw:
    """Numbers out of one hash; enough for about thirty small draws."""

    __slots__ = ("_left",)

    def __init__(self, seed: int, purpose: str, number: int) -> None:
        self._left = int.from_bytes(blake2b(f"{seed}/{purpose}/{number}".encode(), digest_size=32).digest())

    def below(self, bound: int) -> int:
        """A number from 0 to less than `bound`."""
        self._left, drawn = divmod(self._left, bound)
        return drawn

    def one_of(self, choices: Sequence[T]) -> T:
        """One of them."""
        return choices[self.below(len(choices))]
