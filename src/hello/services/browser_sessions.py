"""Sessions of browsers: a cookie holds the token, and every page asks whether its session still lasts."""

from dataclasses import dataclass
from uuid import UUID

from hello.core.clock import Clock
from hello.entities.accounts import Role
from hello.entities.audit import AuditRecord
from hello.entities.sessions import SessionView, parse_refresh_token
from hello.services.lookups import Lookup
from hello.services.ports import Begin
from hello.services.security import Caller
from hello.services.sessions import hash_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """The account that is logged in with a browser."""

    caller: Caller
    email: str
    full_name: str

    @property
    def is_admin(self) -> bool:
        return self.caller.role is Role.ADMIN


@dataclass(frozen=True, slots=True, kw_only=True)
class BrowserSessionService:
    begin: Begin
    lookup: Lookup[UUID, SessionView]
    now: Clock

    async def find(self, token: str) -> Visitor | None:
        """Return the visitor whose session the token proves; None once it has ended or expired."""
        try:
            presented = parse_refresh_token(token)
        except ValueError:
            return None
        session = await self.lookup.find(presented.session_id)
        if session is None or not session.is_proven_by(hash_of(presented.secret), self.now()):
            return None
        return visitor_of(session)

    async def end_all(self, caller: Caller) -> None:
        """End every session of the account, on every device."""
        at = self.now()
        record = AuditRecord(
            at=at,
            actor_id=caller.account_id,
            action="session.ended",
            subject_id=caller.account_id,
            details={"sessions": "all"},
        )
        async with self.begin() as tx:
            await tx.sessions.end_others(caller.account_id, None, at)
            await tx.audit.add(record)


def visitor_of(session: SessionView) -> Visitor:
    caller = Caller(session.account_id, Role(session.role), session.id, session.expires_at.timestamp())
    return Visitor(caller=caller, email=session.email, full_name=session.full_name)
