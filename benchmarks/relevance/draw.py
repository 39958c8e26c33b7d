"""Repeatable chance."""

from collections.abc import Sequence
from random import Random
from typing import TypeVar

T = TypeVar("T")


class Draw:
    """Uses `Random.random` alone, which is the same in all versions of Python."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed).random  # noqa: S311  # repeatable, keeps no secret

    def one_of(self, choices: Sequence[T]) -> T:
        return choices[int(self.random() * len(choices))]

    def happens(self, share: float) -> bool:
        return self.random() < share

    def between(self, low: int, high: int) -> int:
        """Return a number from `low` up to, but not including, `high`."""
        return low + int(self.random() * (high - low))
