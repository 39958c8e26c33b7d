"""Password hashing with Argon2id, in a few threads of low priority."""

import asyncio
import os
import sys
from base64 import b64encode
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from secrets import token_bytes
from threading import BoundedSemaphore
from typing import TypeVar

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from hello.entities.errors import BusyError
from hello.services.security import Verified

Result = TypeVar("Result")
NICENESS = 10
SALT_BYTES, HASH_BYTES = 16, 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Argon2Cost:
    """The time and memory of RFC 9106's second recommendation (the first takes 2 GiB per hash).

    It exceeds OWASP's minimum (19 MiB, two passes). The RFC's four lanes would cost an attacker nothing more,
    and here they would need four threads that compete with the event loop. A hash takes about 0.15 s of one
    core.
    """

    time_cost: int = 3
    memory_kib: int = 65_536
    parallelism: int = 1

    def hasher(self) -> PasswordHash:
        hasher = Argon2Hasher(
            self.time_cost, self.memory_kib, self.parallelism, hash_len=HASH_BYTES, salt_len=SALT_BYTES
        )
        return PasswordHash([hasher])

    def decoy(self) -> str:
        """Return random bytes in the form of a hash: as much work to verify, with no known password."""
        salt, digest = plain_base64(token_bytes(SALT_BYTES)), plain_base64(token_bytes(HASH_BYTES))
        return f"$argon2id$v=19$m={self.memory_kib},t={self.time_cost},p={self.parallelism}${salt}${digest}"


def plain_base64(raw: bytes) -> str:
    return b64encode(raw).decode().rstrip("=")


@dataclass(frozen=True, slots=True, kw_only=True)
class Argon2Passwords:
    """`slots` bounds running and waiting calls; `decoy` is verified when no hash is stored."""

    hasher: PasswordHash
    decoy: str
    pool: Executor
    slots: BoundedSemaphore

    async def hash(self, password: str) -> str:
        return await self._run(self.hasher.hash, password)

    async def verify(self, password: str, stored: str | None) -> Verified:
        """Raise pwdlib's `UnknownHashError` when `stored` is not an Argon2 hash."""
        is_right = await self._run(self.hasher.verify, password, stored or self.decoy)
        if stored is None or not is_right:
            return Verified(is_right=False)
        return Verified(is_right=True, is_outdated=self.hasher.current_hasher.check_needs_rehash(stored))

    async def _run(self, work: Callable[..., Result], *arguments: str) -> Result:
        """Free the slot when the work ends, even if its caller was cancelled: the thread keeps running."""
        if not self.slots.acquire(blocking=False):
            raise BusyError("too many passwords are waiting to be checked; try again in a moment")
        try:
            future = self.pool.submit(work, *arguments)
        except BaseException:
            self.slots.release()
            raise
        future.add_done_callback(self._release_slot)
        return await asyncio.wrap_future(future)

    def _release_slot(self, _: Future[Result]) -> None:
        self.slots.release()


@asynccontextmanager
async def open_passwords(
    cost: Argon2Cost, *, threads: int = 2, max_waiting: int = 16
) -> AsyncIterator[Argon2Passwords]:
    """Hash in at most `threads` threads (Argon2 releases the GIL); wait for them on exit."""
    pool = low_priority_pool(threads)
    try:
        yield Argon2Passwords(
            hasher=cost.hasher(),
            decoy=cost.decoy(),
            pool=pool,
            slots=BoundedSemaphore(threads + max_waiting),
        )
    finally:
        await asyncio.to_thread(pool.shutdown, cancel_futures=True)


def low_priority_pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, thread_name_prefix="argon2", initializer=lower_priority)


def lower_priority() -> None:
    """Lower this thread's priority, so that on a busy core the event loop runs first (Linux only).

    On other systems the priority belongs to the whole process.
    """
    if sys.platform == "linux":
        with suppress(OSError):
            os.nice(NICENESS)
