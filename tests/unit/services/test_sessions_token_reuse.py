"""Refresh tokens in whatever order: only the newest of a session works, and after a reuse none."""

from collections.abc import Coroutine
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from hello.entities.accounts import Role
from hello.entities.errors import UnauthorizedError
from hello.services.security import Caller
from tests.support.auth import ADA, BOB, LIFETIME, AuthFixture

Result = TypeVar("Result")


def outcome(work: Coroutine[Any, Any, Result]) -> Result:
    """Run it without an event loop: twins wait for nothing."""
    try:
        work.send(None)
    except StopIteration as end:
        result: Result = end.value
        return result
    work.close()
    raise AssertionError("a twin has waited")


@dataclass
class Family:
    """What we expect of a session: it ends at a reuse, at a log-out, or when it is not used for long."""

    email: str
    used_at: datetime
    tokens: list[str] = field(default_factory=list)
    is_ended: bool = False

    def is_live(self, now: datetime) -> bool:
        return not self.is_ended and now - self.used_at < LIFETIME


class Families(RuleBasedStateMachine):
    """A token may be used at any time after it was handed out, by whoever has got hold of it."""

    tokens = Bundle("tokens")

    def __init__(self) -> None:
        super().__init__()
        self.auth = AuthFixture()
        self.families: dict[str, Family] = {}

    def family(self, token: str) -> Family:
        return self.families[token.partition(".")[0]]

    def remember(self, token: str, family: Family) -> str:
        assert token not in family.tokens
        family.tokens.append(token)
        family.used_at = self.auth.clock()
        return token

    def refreshed(self, token: str) -> str | None:
        try:
            return outcome(self.auth.sessions.refresh(token)).refresh
        except UnauthorizedError:
            return None

    @initialize(target=tokens)
    def begin(self) -> str:
        return self.entered(ADA)

    @rule(target=tokens, email=st.sampled_from([ADA, BOB]))
    def log_in(self, email: str) -> str:
        return self.entered(email)

    def entered(self, email: str) -> str:
        token = outcome(self.auth.log_in(email))
        family = self.families[token.partition(".")[0]] = Family(email, self.auth.clock())
        return self.remember(token, family)

    @rule(target=tokens, token=tokens)
    def refresh(self, token: str) -> str:
        """Put the old one back into the bundle when there is no new one."""
        family, new = self.family(token), self.refreshed(token)
        is_live, is_last = family.is_live(self.auth.clock()), token == family.tokens[-1]
        assert (new is not None) == (is_live and is_last)
        family.is_ended |= is_live and not is_last
        return self.remember(new, family) if new else token

    @rule(token=tokens)
    def forge(self, token: str) -> None:
        """Somebody who knows the session and not the secret ends it, and gets nothing."""
        assert self.refreshed(f"{token}x") is None
        family = self.family(token)
        family.is_ended |= family.is_live(self.auth.clock())

    @rule(token=tokens, email=st.sampled_from([ADA, BOB]))
    def log_out(self, token: str, email: str) -> None:
        account = self.auth.ada if email == ADA else self.auth.bob
        try:
            outcome(self.auth.sessions.log_out(Caller(account.id, Role.USER), token))
        except UnauthorizedError:
            return
        family = self.family(token)
        assert family.email == email
        family.is_ended |= family.is_live(self.auth.clock())

    @rule(days=st.sampled_from([1, 14, 29, 30]))
    def wait(self, days: int) -> None:
        self.auth.clock.move(timedelta(days=days))

    @invariant()
    def every_end_of_a_session_is_noted_once(self) -> None:
        ended = [family for family in self.families.values() if family.is_ended]
        assert len(self.auth.audited) == len(ended)

    def teardown(self) -> None:
        """At the end try all tokens, the oldest first in one half of the families and last in the other."""
        for number, family in enumerate(self.families.values()):
            is_live, newest = family.is_live(self.auth.clock()), family.tokens[-1]
            ordered = family.tokens if number % 2 else family.tokens[::-1]
            working = [token for token in ordered if self.refreshed(token)]
            assert working == ([newest] if is_live and ordered[0] == newest else [])


TestFamilies = Families.TestCase
TestFamilies.settings = settings(max_examples=50, stateful_step_count=30, deadline=None)
