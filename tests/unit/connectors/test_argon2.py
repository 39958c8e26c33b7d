"""Passwords: right or wrong with the same work, never more waiting than allowed, and off the event loop."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from threading import BoundedSemaphore, Event, get_ident, get_native_id

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pwdlib import PasswordHash
from pwdlib.exceptions import UnknownHashError
from pwdlib.hashers.argon2 import Argon2Hasher

from hello.connectors.argon2 import NICENESS, Argon2Cost, Argon2Passwords, low_priority_pool, open_passwords
from hello.entities.errors import BusyError
from hello.services.security import Verified

CHEAP = Argon2Cost(time_cost=1, memory_kib=8, parallelism=1)
DEARER = Argon2Cost(time_cost=2, memory_kib=8, parallelism=1)
RIGHT, WRONG = "correct horse", "battery staple"
texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=128)


class CountingHasher(Argon2Hasher):
    """Counts what is verified, and remembers in which thread."""

    def __init__(self, cost: Argon2Cost) -> None:
        super().__init__(cost.time_cost, cost.memory_kib, cost.parallelism)
        self.verified: list[str | bytes] = []
        self.hashed = 0
        self.threads: set[int] = set()

    def verify(self, password: str | bytes, hash: str | bytes) -> bool:  # noqa: A002  # pwdlib's own name
        self.verified.append(hash)
        self.threads.add(get_ident())
        return super().verify(password, hash)

    def hash(self, password: str | bytes, *, salt: bytes | None = None) -> str:
        self.hashed += 1
        return super().hash(password, salt=salt)


class Jam:
    """One thread that is held up, and room for `room` callers beside the one in it."""

    def __init__(self, room: int) -> None:
        self.gate = Event()
        self.pool = ThreadPoolExecutor(1)
        self.passwords = Argon2Passwords(
            hasher=PasswordHash([JammedHasher(self.gate, CHEAP)]),
            decoy=CHEAP.decoy(),
            pool=self.pool,
            slots=BoundedSemaphore(1 + room),
        )

    def enter(self) -> asyncio.Task[str]:
        return asyncio.create_task(self.passwords.hash(RIGHT))


class JammedHasher(Argon2Hasher):
    def __init__(self, gate: Event, cost: Argon2Cost) -> None:
        super().__init__(cost.time_cost, cost.memory_kib, cost.parallelism)
        self.gate = gate

    def hash(self, password: str | bytes, *, salt: bytes | None = None) -> str:
        self.gate.wait(10)
        return super().hash(password, salt=salt)


async def settle() -> None:
    """Let every task run until it waits."""
    for _ in range(5):
        await asyncio.sleep(0)


@pytest.fixture
async def passwords() -> AsyncIterator[Argon2Passwords]:
    async with open_passwords(CHEAP) as opened:
        yield opened


@pytest.fixture
async def jam() -> AsyncIterator[Jam]:
    jam = Jam(room=2)
    yield jam
    jam.gate.set()
    jam.pool.shutdown()


@settings(deadline=None, max_examples=50)
@given(texts, texts)
async def test_only_the_same_password_verifies(password: str, other: str) -> None:
    async with open_passwords(CHEAP) as opened:
        stored = await opened.hash(password)
        assert await opened.verify(password, stored) == Verified(is_right=True)
        assert await opened.verify(other, stored) == Verified(is_right=other == password)


async def test_a_hash_shows_its_cost_and_never_the_password(passwords: Argon2Passwords) -> None:
    one, two = await passwords.hash(RIGHT), await passwords.hash(RIGHT)
    assert one.startswith("$argon2id$v=19$m=8,t=1,p=1$")
    assert one != two
    assert RIGHT not in one


def test_the_usual_cost_is_that_of_rfc_9106() -> None:
    assert Argon2Cost().decoy().startswith("$argon2id$v=19$m=65536,t=3,p=1$")


@pytest.mark.parametrize(
    ("cost", "is_outdated"),
    [(CHEAP, False), (DEARER, True), (Argon2Cost(time_cost=1, memory_kib=16, parallelism=1), True)],
)
async def test_a_hash_of_another_cost_is_outdated(
    passwords: Argon2Passwords, cost: Argon2Cost, *, is_outdated: bool
) -> None:
    stored = cost.hasher().hash(RIGHT)
    assert await passwords.verify(RIGHT, stored) == Verified(is_right=True, is_outdated=is_outdated)
    assert await passwords.verify(WRONG, stored) == Verified(is_right=False)


async def test_verifying_an_outdated_hash_costs_one_verification() -> None:
    hasher = CountingHasher(CHEAP)
    with ThreadPoolExecutor(1) as pool:
        passwords = Argon2Passwords(
            hasher=PasswordHash([hasher]), decoy="", pool=pool, slots=BoundedSemaphore(1)
        )
        assert (await passwords.verify(RIGHT, DEARER.hasher().hash(RIGHT))).is_outdated
    assert (len(hasher.verified), hasher.hashed) == (1, 0)


async def test_missing_hash_is_verified_against_the_decoy() -> None:
    hasher, decoy = CountingHasher(CHEAP), CHEAP.hasher().hash(RIGHT)
    with ThreadPoolExecutor(1) as pool:
        passwords = Argon2Passwords(
            hasher=PasswordHash([hasher]), decoy=decoy, pool=pool, slots=BoundedSemaphore(1)
        )
        assert await passwords.verify(RIGHT, None) == Verified(is_right=False)
    assert hasher.verified == [decoy]
    assert hasher.threads.isdisjoint({get_ident()})


@pytest.mark.parametrize("cost", [CHEAP, DEARER, Argon2Cost(time_cost=1, memory_kib=16, parallelism=2)])
def test_the_decoy_costs_what_a_hash_costs(cost: Argon2Cost) -> None:
    hasher, decoy = cost.hasher().current_hasher, cost.decoy()
    assert not hasher.check_needs_rehash(decoy)
    assert not hasher.verify(RIGHT, decoy)
    assert len(decoy) == len(hasher.hash(RIGHT))
    assert decoy != cost.decoy()


async def test_malformed_hash_is_an_error_not_a_wrong_password(passwords: Argon2Passwords) -> None:
    with pytest.raises(UnknownHashError):
        await passwords.verify(RIGHT, "plain text")
    assert await passwords.hash(RIGHT)


async def test_passwords_above_the_waiting_bound_are_busy(jam: Jam) -> None:
    inside = [jam.enter() for _ in range(3)]
    await settle()
    with pytest.raises(BusyError, match="try again"):
        await jam.passwords.hash(RIGHT)
    with pytest.raises(BusyError):
        await jam.passwords.verify(RIGHT, None)
    jam.gate.set()
    assert len(await asyncio.gather(*inside)) == 3
    assert await jam.passwords.hash(RIGHT)


async def test_cancelled_caller_frees_its_place(jam: Jam) -> None:
    _, waiting, other = [jam.enter() for _ in range(3)]
    await settle()
    for _ in range(10):
        waiting.cancel()
        await settle()
        assert waiting.cancelled()
        waiting = jam.enter()
        await settle()
    jam.gate.set()
    assert await waiting
    assert await other


async def test_work_of_a_cancelled_caller_counts_until_it_ends(jam: Jam) -> None:
    served = jam.enter()
    await settle()
    served.cancel()
    waiting = [jam.enter() for _ in range(2)]
    await settle()
    assert served.cancelled()
    with pytest.raises(BusyError):
        await jam.passwords.hash(RIGHT)
    jam.gate.set()
    await asyncio.gather(*waiting)
    assert len(await asyncio.gather(*(jam.enter() for _ in range(3)))) == 3


async def test_waiting_bound_is_exact() -> None:
    gate = Event()
    async with open_passwords(CHEAP, threads=1, max_waiting=1) as passwords:
        passwords.pool.submit(gate.wait, 10)
        inside = [asyncio.create_task(passwords.hash(RIGHT)) for _ in range(2)]
        await settle()
        with pytest.raises(BusyError):
            await passwords.hash(RIGHT)
        gate.set()
        assert len(await asyncio.gather(*inside)) == 2


async def test_a_pool_that_takes_nothing_keeps_no_slot() -> None:
    async with open_passwords(CHEAP, threads=1, max_waiting=0) as closed:
        pass
    for _ in range(3):
        with pytest.raises(RuntimeError, match="shutdown"):
            await closed.hash(RIGHT)


@pytest.mark.skipif(sys.platform != "linux", reason="a priority belongs to the process elsewhere")
def test_hashing_threads_have_lower_priority_than_the_event_loop() -> None:
    before = os.getpriority(os.PRIO_PROCESS, get_native_id())
    with low_priority_pool(1) as pool:
        theirs = pool.submit(lambda: os.getpriority(os.PRIO_PROCESS, get_native_id())).result()
    assert theirs == min(before + NICENESS, 19)
    assert os.getpriority(os.PRIO_PROCESS, get_native_id()) == before
