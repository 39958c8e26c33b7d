"""Turns, which Redis needs: of all processes that consume under one name, one does at a time."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Protocol, TypeAlias


class Turn(Protocol):
    def check(self) -> None:
        """Raise `UnavailableError` when the turn has been lost."""
        ...


TakeTurn: TypeAlias = Callable[[str], AbstractAsyncContextManager[Turn]]
"""Waits until nobody else has the turn of that name; raises `UnavailableError`."""
