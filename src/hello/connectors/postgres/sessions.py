"""Sessions in PostgreSQL."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, delete, insert, literal, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from hello.connectors.postgres.audit import rows_of, with_audit
from hello.connectors.postgres.batches import BatchedLookup, Batches
from hello.connectors.postgres.values import values_of
from hello.entities.accounts import Account
from hello.entities.audit import AuditRecord
from hello.entities.sessions import Session, SessionView

VIEW = """
SELECT session.id, session.token_hash, session.expires_at,
    account.id, account.role, account.email, account.full_name
FROM sessions AS session JOIN accounts AS account ON account.id = session.account_id
WHERE session.id = ANY($1::uuid[]) AND session.ended_at IS NULL
"""


@dataclass(frozen=True, slots=True)
class PostgresSessions:
    session: AsyncSession

    async def add(self, session: Session, now: datetime) -> None:
        over = delete(Session).where(Session.account_id == session.account_id, Session.expires_at <= now)
        await self.session.execute(insert(Session).values(values_of(session)).add_cte(over.cte("over")))

    async def add_verified(self, session: Session, password_hash: str, now: datetime) -> bool:
        """Wait for a change of the hash that is under way: the stored one is then compared once more."""
        over = delete(Session).where(Session.account_id == session.account_id, Session.expires_at <= now)
        is_stored = (Account.id == session.account_id, Account.password_hash == password_hash)
        verified = select(Account.id).where(*is_stored).with_for_update(read=True).cte("verified")
        values = values_of(session)
        columns = [Session.__table__.c[name] for name in values]
        rows = rows_of(columns, list(values.values()), verified)
        statement = insert(Session).from_select(list(values), rows).add_cte(over.cte("over"))
        return await self.session.scalar(statement.returning(Session.id)) is not None

    async def find(self, session_id: UUID) -> Session | None:
        query = select(Session).where(Session.id == session_id).with_for_update(of=Session)
        return await self.session.scalar(query.options(joinedload(Session.account, innerjoin=True)))

    async def find_live(self, session_ids: Collection[UUID], now: datetime) -> Collection[UUID]:
        wanted = literal(list(session_ids), ARRAY(Uuid))
        live = (Session.id == any_(wanted), Session.ended_at.is_(None), Session.expires_at > now)
        return (await self.session.scalars(select(Session.id).where(*live))).all()

    async def rotate(self, session_id: UUID, token_hash: bytes, at: datetime, expires_at: datetime) -> None:
        statement = update(Session).where(Session.id == session_id)
        values = {"token_hash": token_hash, "former_hash": Session.token_hash, "rotated_at": at}
        await self.session.execute(statement.values(**values, expires_at=expires_at))

    async def replace_unused(self, session_id: UUID, token_hash: bytes) -> None:
        statement = update(Session).where(Session.id == session_id)
        await self.session.execute(statement.values(token_hash=token_hash))

    async def end(self, session_id: UUID, record: AuditRecord) -> None:
        statement = update(Session).where(Session.id == session_id).values(ended_at=record.at)
        await self.session.execute(with_audit(statement, record))

    async def end_others(self, account_id: UUID, kept_id: UUID | None, at: datetime) -> None:
        others = (Session.account_id == account_id, Session.id.is_distinct_from(kept_id))
        statement = update(Session).where(*others, Session.ended_at.is_(None))
        await self.session.execute(statement.values(ended_at=at))


def session_lookup(batches: Batches) -> BatchedLookup[UUID, SessionView]:
    return batches.lookup("sessions", VIEW, SessionView._make)
