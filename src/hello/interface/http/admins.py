"""Routes for administrators: by an account, or by `ADMIN_TOKEN`, whose every use is in the audit trail."""

from dataclasses import dataclass
from hmac import compare_digest
from typing import Annotated, cast
from uuid import UUID

import structlog
from fastapi import Depends, Request
from prometheus_client import CollectorRegistry, Counter

from hello.core.logs import RateLimitedLog
from hello.entities.accounts import Role
from hello.entities.errors import ForbiddenError, UnauthorizedError
from hello.interface.http.dependencies import use_cases
from hello.interface.http.paths import route_of
from hello.interface.http.security import Token, caller_of
from hello.services.audit import AdminUse
from hello.services.security import Caller


@dataclass(frozen=True, slots=True)
class RefusedTokens:
    """Counts tokens that are not valid; they leave no entry, so that an attacker cannot fill the trail."""

    counter: Counter
    warnings: RateLimitedLog

    def refused(self) -> None:
        self.counter.inc()
        self.warnings.warning("administrator's token refused", "not valid")


def refused_tokens(registry: CollectorRegistry) -> RefusedTokens:
    text = "Tokens on administrators' routes that are neither ADMIN_TOKEN nor a valid access token."
    counter = Counter("admin_tokens_refused", text, registry=registry)
    return RefusedTokens(counter, RateLimitedLog(logger=structlog.get_logger("hello.http")))


async def require_admin(request: Request, token: Token) -> None:
    """Let ADMIN_TOKEN pass once its use is recorded, and every administrator's access token."""
    if is_admin_token(request, token):
        await record_use(request, None)
        return
    caller = await caller_or_refusal(request, token)
    if caller.role is not Role.ADMIN:
        raise ForbiddenError("only an administrator may do this")


def is_admin_token(request: Request, token: str | None) -> bool:
    expected: str | None = request.app.state.admin_token
    return bool(expected) and compare_digest((token or "").encode(), str(expected).encode())


async def caller_or_refusal(request: Request, token: str | None) -> Caller:
    try:
        return await caller_of(request, token)
    except UnauthorizedError:
        if token is not None:
            cast("RefusedTokens", request.app.state.refused_tokens).refused()
        raise


async def record_use(request: Request, actor_id: UUID | None) -> None:
    """Raise what the database raises: nothing is done that is not recorded."""
    request.state.admin_use = await use_cases(request).audit.record_use(
        actor_id,
        method=request.method,
        route=route_of(request.scope),
        request_id=request.state.request_id,
    )


async def recorded_use(request: Request, _: Annotated[None, Depends(require_admin)]) -> AdminUse:
    """Record the use by an account as well: for routes that concern everybody's data at once."""
    if not hasattr(request.state, "admin_use"):
        await record_use(request, request.state.caller.account_id)
    return cast("AdminUse", request.state.admin_use)


RecordedUse = Annotated[AdminUse, Depends(recorded_use)]


async def without_body_limit(request: Request, use: RecordedUse) -> AdminUse:
    """Accept a body of any size from a known administrator; the route must not keep it in memory."""
    request.state.unlimited = True
    return use


Admin = Depends(require_admin)
RecordedAdmin = Depends(recorded_use)
AdminStream = Annotated[AdminUse, Depends(without_body_limit)]
