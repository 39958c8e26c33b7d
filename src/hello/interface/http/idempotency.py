"""The `Idempotency-Key` header: a client's name for a request that it may send again."""

from hashlib import sha256
from typing import Annotated, TypeAlias

from fastapi import Header, Request
from pydantic import BaseModel, Field

from hello.interface.http.paths import own_path
from hello.services.idempotency import IdempotentRequest
from hello.services.security import Caller

Key: TypeAlias = Annotated[str, Field(min_length=1, max_length=255, pattern=r"^[\x21-\x7e]+$")]
IdempotencyKey: TypeAlias = Annotated[
    Key | None,
    Header(
        description="A name for this request, for sending it again: it is carried out once",
    ),
]


def once(request: Request, caller: Caller, key: str | None, body: BaseModel) -> IdempotentRequest | None:
    if key is None:
        return None
    return repeatable(request.method, own_path(request.scope), caller, key, body)


def repeatable(method: str, path: str, caller: Caller, key: str, body: BaseModel) -> IdempotentRequest:
    """Tell requests apart by what is understood of them: spaces and the order of fields do not matter."""
    fingerprint = sha256(f"{method} {path}\n{body.model_dump_json()}".encode()).digest()
    return IdempotentRequest(account_id=caller.account_id, key=key, fingerprint=fingerprint)
