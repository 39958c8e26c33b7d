"""Requests that a client may send again, and that are carried out once."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from hello.core.clock import Clock
from hello.entities.idempotency import KeyOfAccount
from hello.services.ports import Begin


@dataclass(frozen=True, slots=True, kw_only=True)
class IdempotentRequest:
    """`key` is the client's name for the request; `fingerprint` tells it from any other request."""

    account_id: UUID
    key: str
    fingerprint: bytes

    @property
    def key_of_account(self) -> KeyOfAccount:
        return self.account_id, self.key


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
