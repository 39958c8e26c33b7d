"""Turns, which Redis needs: of all processes that consume under one name, one does at a time."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Protocol, TypeAlias


class AdvisoryLock(Protocol):
    def check(self) -> None:
        """Raise `UnavailableError` when the lock has been lost."""
        ...


AcquireLock: TypeAlias = Callable[[str], AbstractAsyncContextManager[AdvisoryLock]]
"""Waits until nobody else has the lock of that name; raises `UnavailableError`."""
