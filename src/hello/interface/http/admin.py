"""Who may do what only an administrator may."""

from hmac import compare_digest
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.exceptions import HTTPException

BEARER = HTTPBearer(auto_error=False, scheme_name="Bearer", description="An administrator's token")


async def require_admin(
    request: Request, given: Annotated[HTTPAuthorizationCredentials | None, Depends(BEARER)]
) -> None:
    """Raise 401 without the token of the setting ADMIN_TOKEN; when that is absent, for everyone."""
    expected: str | None = request.app.state.admin_token
    token = given.credentials if given else ""
    if not expected or not compare_digest(token.encode(), expected.encode()):
        detail = "an administrator's token is needed, as Authorization: Bearer"
        raise HTTPException(401, detail, {"WWW-Authenticate": "Bearer"})


async def without_body_limit(request: Request, _: Annotated[None, Depends(require_admin)]) -> None:
    """Let a body of any size in, once we know who sends it; whoever reads it must not keep it."""
    request.state.unlimited = True


Admin = Depends(require_admin)
AdminStream = Depends(without_body_limit)
