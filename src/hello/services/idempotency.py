"""Requests that a client may send again, and that are carried out once."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from hello.core.clock import Clock
from hello.entities.errors import ConflictError
from hello.entities.idempotency import IdempotencyKey
from hello.entities.orders import Order
from hello.services.ports import Begin, Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class IdempotentRequest:
    """`key` is the client's name for the request; `fingerprint` tells it from any other request."""

    account_id: UUID
    key: str
    fingerprint: bytes

    async def first_answer(self, tx: Transaction) -> bytes | None:
        """Return what was answered before; raise `KeyReusedError`, or `ConflictError` while it still runs."""
        if not await tx.idempotency_keys.claim(self.account_id, self.key):
            raise ConflictError("a request with this key is still running")
        stored = await tx.idempotency_keys.find(self.account_id, self.key)
        if stored is None:
            return None
        stored.check_fingerprint(self.fingerprint)
        return stored.answer

    def answered(self, answer: bytes, order: Order) -> IdempotencyKey:
        return IdempotencyKey(
            account_id=self.account_id,
            key=self.key,
            fingerprint=self.fingerprint,
            order_id=order.id,
            answer=answer,
            created_at=order.created_at,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class IdempotencyService:
    """Keys are kept longer than any client goes on trying."""

    begin: Begin
    now: Clock
    kept: timedelta

    async def forget(self, limit: int) -> int:
        """Forget at most `limit` keys that are too old; return how many."""
        async with self.begin() as tx:
            return await tx.idempotency_keys.forget(self.now() - self.kept, limit)
