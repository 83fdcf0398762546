"""Choosing by weight."""

from collections.abc import Sequence
from random import Random
from typing import TypeVar

T = TypeVar("T")
Choice = Sequence[tuple[T, float]]
"""Values with their weights, which need not add up to 1."""


def weighted(choice: Choice[T], rng: Random) -> T:
    """One of the values, by weight."""
    values = [value for value, _ in choice]
    return rng.choices(values, [weight for _, weight in choice])[0]
