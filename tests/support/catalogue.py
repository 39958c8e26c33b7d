"""The use cases of accounts, sessions and items on any database."""

from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count

from uuid_utils.compat import uuid7

from hello.core.background_jobs import BackgroundJob
from hello.entities.accounts import Role
from hello.services.accounts import AccountService, Register
from hello.services.audit import AuditService
from hello.services.items import ItemContent, ItemService
from hello.services.lookups import Lookups
from hello.services.ports import Begin
from hello.services.security import Caller
from hello.services.sessions import LogIn, SessionService
from tests.support.builders import StoppedClock, an_email
from tests.twins.lookups import twin_lookups
from tests.twins.security import TwinAccessTokens, TwinLimiter, TwinPasswords
from tests.twins.transaction import TwinBus
from tests.twins.writes import twin_item_writes

SECRET, GUESS = "correct horse battery", "battery staple"
KITE = ItemContent(title="A kite", description="Flies.", price_cents=1999)


@dataclass
class Catalogue:
    """The use cases on a database and, for the rest, on twins; and Ada, who can register.

    Without `lookups`, what is read by its key is read in transactions of `begin`.
    """

    begin: Begin
    clock: StoppedClock = field(default_factory=StoppedClock)
    passwords: TwinPasswords = field(default_factory=TwinPasswords)
    email: str = field(default_factory=an_email)
    jobs: list[BackgroundJob] = field(default_factory=list)
    lookups: Lookups | None = None

    def __post_init__(self) -> None:
        begin, now, publish, secrets = self.begin, self.clock, TwinBus().publish, count()
        lookups = self.lookups or twin_lookups(begin)
        self.accounts = AccountService(
            begin=begin,
            lookup=lookups.accounts,
            passwords=self.passwords,
            publish=publish,
            now=now,
            new_id=uuid7,
        )
        self.audit = AuditService(begin=begin, now=now, new_id=uuid7)
        self.items = ItemService(
            begin=begin,
            lookup=lookups.items,
            pages=lookups.item_pages,
            creation=twin_item_writes(begin),
            publish=publish,
            now=now,
            new_id=uuid7,
        )
        self.sessions = SessionService(
            begin=begin,
            passwords=self.passwords,
            access_tokens=TwinAccessTokens(now),
            limiter=TwinLimiter(dict.fromkeys(("login_pair", "login_address", "login_account"))),
            enqueue=self.jobs.append,
            now=now,
            new_id=uuid7,
            new_secret=lambda: f"secret-{next(secrets)}",
            lifetime=timedelta(days=30),
            grace=timedelta(0),
            count_log_in=lambda _: None,
        )

    async def register(self) -> Caller:
        wanted = Register(email=self.email, full_name="Ada Lovelace", password=SECRET)
        return Caller((await self.accounts.register(wanted)).id, Role.USER)

    async def log_in(self, password: str = SECRET) -> str:
        wanted = LogIn(email=self.email, password=password, address="192.0.2.1")
        return (await self.sessions.log_in(wanted)).refresh
