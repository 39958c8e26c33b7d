"""The promises of the ports about who asks, kept by the twins and by the real ones alike."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from hello.connectors.argon2 import Argon2Cost, open_passwords
from hello.connectors.tokens.access import JwtAccessTokens
from hello.connectors.tokens.keys import SigningKey, TokenKeys
from hello.entities.accounts import Role
from hello.entities.errors import UnauthorizedError
from hello.services.security import AccessTokens, Caller, Limiter, Passwords, Verified
from tests.contracts.test_limiter import QUOTAS, LimiterContract
from tests.support.builders import StoppedClock, a_name, an_account
from tests.twins.security import TwinAccessTokens, TwinLimiter, TwinPasswords

CHEAP = Argon2Cost(time_cost=1, memory_kib=8, parallelism=1)
DEAR = Argon2Cost(time_cost=2, memory_kib=8, parallelism=1)
RIGHT, GUESS = "correct horse \u00e4", "correct horse a"


class PasswordsContract:
    """`passwords` and `dear` differ in their parameters."""

    async def test_only_the_password_itself_is_right(self, passwords: Passwords) -> None:
        stored = await passwords.hash(RIGHT)
        assert stored != RIGHT
        assert await passwords.verify(RIGHT, stored) == Verified(is_right=True)
        assert await passwords.verify(GUESS, stored) == Verified(is_right=False)
        assert await passwords.verify(stored, stored) == Verified(is_right=False)

    async def test_nobody_has_a_right_password(self, passwords: Passwords) -> None:
        for given in (RIGHT, ""):
            assert await passwords.verify(given, None) == Verified(is_right=False)

    async def test_that_a_hash_has_other_parameters_is_told_of_the_right_password_only(
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


class AccessTokensContract:
    @pytest.mark.parametrize("role", Role)
    def test_what_is_issued_says_who_asks_for_as_long_as_promised(
        self, tokens: AccessTokens, clock: StoppedClock, role: Role
    ) -> None:
        caller = Caller(an_account().id, role)
        issued = tokens.issue(caller)
        clock.move(timedelta(seconds=issued.expires_in_s - 1))
        assert tokens.read(issued.text) == caller
        clock.move(timedelta(seconds=1))
        with pytest.raises(UnauthorizedError):
            tokens.read(issued.text)

    def test_each_says_its_own(self, tokens: AccessTokens) -> None:
        callers = [Caller(an_account().id, Role.USER) for _ in range(2)]
        texts = [tokens.issue(caller).text for caller in (*callers, *callers)]
        assert len(set(texts)) == 4
        assert [tokens.read(text) for text in texts] == callers * 2

    @pytest.mark.parametrize("text", ["", "a.b.c", "\u00fc", "AnybodysText"])
    def test_what_is_not_ours_is_refused(self, tokens: AccessTokens, text: str) -> None:
        issued = tokens.issue(Caller(an_account().id, Role.USER)).text
        for other in (text, f"{issued}x", issued[:-1]):
            with pytest.raises(UnauthorizedError):
                tokens.read(other)

    def test_the_public_keys_are_a_set(self, tokens: AccessTokens) -> None:
        assert isinstance(tokens.public_keys()["keys"], list)


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock()


class TestTwinAccessTokens(AccessTokensContract):
    @pytest.fixture
    def tokens(self, clock: StoppedClock) -> AccessTokens:
        return TwinAccessTokens(clock)


class TestJwt(AccessTokensContract):
    @pytest.fixture
    def tokens(self, clock: StoppedClock) -> AccessTokens:
        return JwtAccessTokens(
            keys=TokenKeys.of(SigningKey.derived_from(b"k" * 32)),
            issuer="hello",
            audience="hello",
            lifetime_s=900,
            leeway_s=5,
            now=clock,
            new_id=a_name,
        )


class TestTwinLimiter(LimiterContract):
    @pytest.fixture
    def limiter(self) -> Limiter:
        limited = {group: quota for group, quota in QUOTAS.items() if quota}
        quotas = {group: (quota.amount, quota.get_expiry()) for group, quota in limited.items()}
        return TwinLimiter(dict.fromkeys(QUOTAS) | quotas)
