"""The use cases of sessions on twins, with two accounts."""

from datetime import timedelta
from itertools import count

import pytest

from hello.core.background_jobs import BackgroundJob
from hello.entities.accounts import Account
from hello.entities.errors import TooManyError, UnauthorizedError
from hello.entities.sessions import Session, parse_refresh_token
from hello.services.sessions import BY_ACCOUNT, BY_ADDRESS, BY_PAIR, LogIn, SessionService
from tests.support.builders import StoppedClock, an_account, numbered_ids
from tests.twins.security import Quota, TwinAccessTokens, TwinLimiter, TwinPasswords
from tests.twins.transaction import TwinUnitOfWork

LIFETIME = timedelta(days=30)
SECRET, GUESS = "correct horse battery", "battery staple"
HOME, AWAY = "192.0.2.1", "198.51.100.7"
ADA, BOB = "Ada@example.com", "bob@example.com"
GROUPS = (BY_PAIR, BY_ADDRESS, BY_ACCOUNT)
WRONG, NOT_VALID = "the e-mail or the password is wrong", "the refresh token is not valid"


def log_in(email: str = ADA, password: str = SECRET, address: str = HOME) -> LogIn:
    return LogIn(email=email, password=password, address=address)


class AuthFixture:
    """The use cases on twins, with Ada and Bob who have accounts; `quotas` are those of the log-in."""

    def __init__(self, **quotas: Quota) -> None:
        self.twin, self.clock = TwinUnitOfWork(), StoppedClock()
        self.passwords, self.access_tokens = TwinPasswords(), TwinAccessTokens(self.clock)
        self.limiter = TwinLimiter(dict.fromkeys(GROUPS) | quotas, lambda: self.clock().timestamp())
        self.log_ins = list[str]()
        self.jobs, ids, secrets = list[BackgroundJob](), numbered_ids(), count()
        self.sessions = SessionService(
            begin=self.twin.begin,
            passwords=self.passwords,
            access_tokens=self.access_tokens,
            limiter=self.limiter,
            enqueue=self.jobs.append,
            now=self.clock,
            new_id=lambda: next(ids),
            new_secret=lambda: f"secret-{next(secrets)}",
            lifetime=LIFETIME,
            grace=timedelta(0),
            count_log_in=self.log_ins.append,
        )
        self.ada, self.bob = self.add_account(ADA), self.add_account(BOB)

    def add_account(self, email: str) -> Account:
        account = an_account(email)
        account.password_hash = f"cheap:{SECRET[::-1]}"
        self.twin.stored.accounts.rows[account.id] = account
        return account

    def account(self, account: Account) -> Account:
        return self.twin.stored.accounts.rows[account.id]

    def session(self, token: str) -> Session:
        return self.twin.stored.sessions.rows[parse_refresh_token(token).session_id]

    @property
    def audited(self) -> list[str]:
        return [entry.action for entry in self.twin.stored.audit.entries]

    async def log_in(self, email: str = ADA) -> str:
        return (await self.sessions.log_in(log_in(email))).refresh

    async def assert_log_in_fails(self, wanted: LogIn) -> None:
        with pytest.raises(UnauthorizedError, match=WRONG):
            await self.sessions.log_in(wanted)

    async def is_throttled(self, wanted: LogIn) -> bool:
        try:
            await self.sessions.log_in(wanted)
        except TooManyError:
            return True
        except UnauthorizedError:
            pass
        return False

    async def assert_refresh_fails(self, token: str, message: str = NOT_VALID) -> None:
        with pytest.raises(UnauthorizedError, match=message):
            await self.sessions.refresh(token)
