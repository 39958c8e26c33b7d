"""Who asks: the bearer of an access token."""

from typing import Annotated, cast

from fastapi import Depends, Request
from fastapi.security import OAuth2PasswordBearer

from hello.entities.accounts import AccountView
from hello.entities.errors import UnauthorizedError
from hello.interface.http.dependencies import raise_failure, use_cases
from hello.services.security import Caller

BEARER = OAuth2PasswordBearer(
    tokenUrl="/api/v1/users/token",
    auto_error=False,
    scheme_name="Bearer",
    description="The `access_token` of a log-in, as `Authorization: Bearer`",
)
Token = Annotated[str | None, Depends(BEARER)]


async def account_of(request: Request, token: Token) -> AccountView:
    """Raise `UnauthorizedError` without a token that is valid now, and of an account that exists."""
    raise_failure(request)
    if token is None:
        raise UnauthorizedError("an access token is needed, as Authorization: Bearer")
    return await use_cases(request).accounts.read(read_caller(request, token))


async def caller_of(request: Request, token: Token) -> Caller:
    """Raise what `account_of` raises."""
    await account_of(request, token)
    return cast("Caller", request.state.caller)


def read_caller(request: Request, token: str) -> Caller:
    """Verify the token once for each request."""
    if not hasattr(request.state, "caller"):
        request.state.caller = use_cases(request).access_tokens.read(token)
    return cast("Caller", request.state.caller)


CurrentAccount = Annotated[AccountView, Depends(account_of)]
CurrentCaller = Annotated[Caller, Depends(caller_of)]
