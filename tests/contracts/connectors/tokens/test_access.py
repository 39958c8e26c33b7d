"""The promises of the port `AccessTokens`, kept by the twin and by JSON Web Tokens alike."""

from datetime import timedelta

import pytest

from hello.connectors.tokens.access import JwtAccessTokens
from hello.connectors.tokens.keys import SigningKey, TokenKeys
from hello.entities.accounts import Role
from hello.entities.errors import UnauthorizedError
from hello.services.security import AccessTokens, Caller
from tests.support.builders import StoppedClock, a_name, an_account
from tests.twins.security import TwinAccessTokens


class AccessTokensContract:
    @pytest.mark.parametrize("role", Role)
    def test_issued_token_names_its_caller_until_it_expires(
        self, tokens: AccessTokens, clock: StoppedClock, role: Role
    ) -> None:
        caller = Caller(an_account().id, role)
        issued = tokens.issue(caller)
        clock.move(timedelta(seconds=issued.expires_in_s - 1))
        assert tokens.read(issued.text) == caller
        clock.move(timedelta(seconds=1))
        with pytest.raises(UnauthorizedError):
            tokens.read(issued.text)

    def test_each_token_names_its_own_caller(self, tokens: AccessTokens) -> None:
        callers = [Caller(an_account().id, Role.USER) for _ in range(2)]
        texts = [tokens.issue(caller).text for caller in (*callers, *callers)]
        assert len(set(texts)) == 4
        assert [tokens.read(text) for text in texts] == callers * 2

    @pytest.mark.parametrize("text", ["", "a.b.c", "\u00fc", "AnybodysText"])
    def test_foreign_or_changed_token_is_refused(self, tokens: AccessTokens, text: str) -> None:
        issued = tokens.issue(Caller(an_account().id, Role.USER)).text
        for other in (text, f"{issued}x", issued[:-1]):
            with pytest.raises(UnauthorizedError):
                tokens.read(other)

    def test_public_keys_are_a_jwk_set(self, tokens: AccessTokens) -> None:
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
