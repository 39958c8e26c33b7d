"""Passwords hashed with Argon2id, in a few threads of their own that give way to everything else."""

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
NICER = 10
SALT_BYTES, HASH_BYTES = 16, 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Argon2Cost:
    """The time and memory of RFC 9106's second recommendation (its first takes 2 GiB for each hash).

    It is more than OWASP's least (19 MiB, twice). The RFC's four lanes would cost an attacker no more, and us
    four threads that compete with the event loop. A hash takes about 0.15 s of one core.
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
        """Return random bytes in the form of a hash: as much work, and nobody knows a password for it."""
        salt, digest = plain_base64(token_bytes(SALT_BYTES)), plain_base64(token_bytes(HASH_BYTES))
        return f"$argon2id$v=19$m={self.memory_kib},t={self.time_cost},p={self.parallelism}${salt}${digest}"


def plain_base64(raw: bytes) -> str:
    return b64encode(raw).decode().rstrip("=")


@dataclass(frozen=True, slots=True, kw_only=True)
class Argon2Passwords:
    """`slots` counts those who are served and those who wait; `decoy` is verified when nothing is stored."""

    hasher: PasswordHash
    decoy: str
    pool: Executor
    slots: BoundedSemaphore

    async def hash(self, password: str) -> str:
        return await self._run(self.hasher.hash, password)

    async def verify(self, password: str, stored: str | None) -> Verified:
        """Raise pwdlib's `UnknownHashError` when what is stored is no hash of Argon2."""
        is_right = await self._run(self.hasher.verify, password, stored or self.decoy)
        if stored is None or not is_right:
            return Verified(is_right=False)
        return Verified(is_right=True, is_outdated=self.hasher.current_hasher.check_needs_rehash(stored))

    async def _run(self, work: Callable[..., Result], *given: str) -> Result:
        """Free the slot when the work is done or dropped: a thread works on for a caller who has gone."""
        if not self.slots.acquire(blocking=False):
            raise BusyError("too many passwords are waiting to be checked; try again in a moment")
        try:
            future = self.pool.submit(work, *given)
        except BaseException:
            self.slots.release()
            raise
        future.add_done_callback(self._free)
        return await asyncio.wrap_future(future)

    def _free(self, _: Future[Result]) -> None:
        self.slots.release()


@asynccontextmanager
async def open_passwords(
    cost: Argon2Cost, *, threads: int = 2, max_waiting: int = 16
) -> AsyncIterator[Argon2Passwords]:
    """Hash in at most `threads` at once (Argon2 runs without the GIL); wait for them at the end."""
    pool = gentle_pool(threads)
    try:
        yield Argon2Passwords(
            hasher=cost.hasher(),
            decoy=cost.decoy(),
            pool=pool,
            slots=BoundedSemaphore(threads + max_waiting),
        )
    finally:
        await asyncio.to_thread(pool.shutdown, cancel_futures=True)


def gentle_pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, thread_name_prefix="argon2", initializer=give_way)


def give_way() -> None:
    """Lower this thread's priority, so that on a busy core the event loop runs first (Linux only).

    Elsewhere a priority belongs to the whole process.
    """
    if sys.platform == "linux":
        with suppress(OSError):
            os.nice(NICER)
