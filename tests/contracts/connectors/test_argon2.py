"""The promises of the port `Passwords`, kept by the twin and by Argon2 alike."""

from collections.abc import AsyncIterator

import pytest

from hello.connectors.argon2 import Argon2Cost, open_passwords
from hello.services.security import Passwords, Verified
from tests.twins.security import TwinPasswords

CHEAP = Argon2Cost(time_cost=1, memory_kib=8, parallelism=1)
DEAR = Argon2Cost(time_cost=2, memory_kib=8, parallelism=1)
RIGHT, GUESS = "correct horse \u00e4", "correct horse a"


class PasswordsContract:
    """`passwords` and `dear` differ in their parameters."""

    async def test_only_the_right_password_verifies(self, passwords: Passwords) -> None:
        stored = await passwords.hash(RIGHT)
        assert stored != RIGHT
        assert await passwords.verify(RIGHT, stored) == Verified(is_right=True)
        assert await passwords.verify(GUESS, stored) == Verified(is_right=False)
        assert await passwords.verify(stored, stored) == Verified(is_right=False)

    async def test_no_password_verifies_without_a_stored_hash(self, passwords: Passwords) -> None:
        for given in (RIGHT, ""):
            assert await passwords.verify(given, None) == Verified(is_right=False)

    async def test_outdated_hash_is_reported_for_the_right_password_only(
        self, passwords: Passwords, dear: Passwords
    ) -> None:
        stored = await passwords.hash(RIGHT)
        assert await dear.verify(GUESS, stored) == Verified(is_right=False)
        assert await dear.verify(RIGHT, stored) == Verified(is_right=True, is_outdated=True)
        assert await dear.verify(RIGHT, await dear.hash(RIGHT)) == Verified(is_right=True)


class TestTwinPasswords(PasswordsContract):
    @pytest.fixture
    def passwords(self) -> Passwords:
        return TwinPasswords()

    @pytest.fixture
    def dear(self) -> Passwords:
        return TwinPasswords("dear")


class TestArgon2(PasswordsContract):
    @pytest.fixture
    async def passwords(self) -> AsyncIterator[Passwords]:
        async with open_passwords(CHEAP) as opened:
            yield opened

    @pytest.fixture
    async def dear(self) -> AsyncIterator[Passwords]:
        async with open_passwords(DEAR) as opened:
            yield opened
