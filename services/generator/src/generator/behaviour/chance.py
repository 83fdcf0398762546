"""Chance, drawn by numpy in blocks and handed out one by one: the order of draws decides, not the size of a step."""

from bisect import bisect
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate, chain, repeat
from typing import Generic, TypeVar

import numpy as np

T = TypeVar("T")
Choice = Sequence[tuple[T, float]]
"""Values with their weights, which need not add up to 1."""

BLOCK = 16_384
HEX = np.frombuffer(b"0123456789abcdef", dtype=np.uint8)
TAIL = 22
LENGTH_MEDIAN, LENGTH_SIGMA, LONGEST = 2.0, 1.0, 200


class Chance:
    """All that is left to chance in a run.

    Attributes:
        uniform: numbers in [0, 1).
        tails: the part of a UUID of version 7 behind its time: `7xxx-yxxx-xxxxxxxxxxxx`, 74 bits of chance.
        lengths: events of a visit; half have at most 2, a tenth has 8 or more, a hundredth 21 or more.

    Args:
        seed: decides everything.
        purpose: chance of another purpose has nothing in common with it, though the seed be the same.
    """

    def __init__(self, seed: int, purpose: int = 0) -> None:
        parts = np.random.SeedSequence([seed, purpose]).spawn(3)
        uniform, tails, lengths = (np.random.default_rng(part) for part in parts)
        self.uniform: Iterator[float] = _endless(lambda: uniform.random(BLOCK).tolist())
        self.tails: Iterator[str] = _endless(lambda: _tails(tails))
        self.lengths: Iterator[int] = _endless(lambda: _lengths(lengths))

    def integer(self, low: int, high: int) -> int:
        """A whole number from `low` to `high`, both included."""
        return low + int(next(self.uniform) * (high - low + 1))

    def one_of(self, values: Sequence[T]) -> T:
        """One of the values, all alike."""
        return values[int(next(self.uniform) * len(values))]

    def happens(self, share: float) -> bool:
        """Whether something of this probability happens."""
        return next(self.uniform) < share


class Weighted(Generic[T]):
    """A choice by weight."""

    def __init__(self, choice: Choice[T]) -> None:
        self._values = [value for value, _ in choice]
        *self._bounds, self._sum = accumulate(weight for _, weight in choice)

    def pick(self, chance: Chance) -> T:
        """One of the values."""
        # The last one has no bound: it is taken for good, whatever rounding makes of the sum.
        return self._values[bisect(self._bounds, next(chance.uniform) * self._sum)]


def _endless(block: Callable[[], list[T]]) -> Iterator[T]:
    return chain.from_iterable(block() for _ in repeat(None))


def _tails(rng: np.random.Generator) -> list[str]:
    letters = HEX[rng.integers(0, 16, (BLOCK, TAIL), dtype=np.uint8)]
    letters[:, 0] = ord("7")
    letters[:, [4, 9]] = ord("-")
    letters[:, 5] = HEX[8 + (rng.integers(0, 4, BLOCK, dtype=np.uint8))]
    text = letters.tobytes().decode()
    return [text[start : start + TAIL] for start in range(0, len(text), TAIL)]


def _lengths(rng: np.random.Generator) -> list[int]:
    drawn = np.ceil(rng.lognormal(np.log(LENGTH_MEDIAN), LENGTH_SIGMA, BLOCK))
    lengths: list[int] = np.clip(drawn, 1, LONGEST).astype(int).tolist()
    return lengths
