"""The session of a browser: a cookie that no script can read, and who is logged in with it."""

from typing import Annotated, cast

from fastapi import Depends, Request, Response

from hello.entities.errors import ForbiddenError, UnauthorizedError
from hello.interface.http.dependencies import use_cases
from hello.interface.web.origins import is_https
from hello.services.browser_sessions import Visitor


async def find_visitor(request: Request) -> Visitor | None:
    """Ask for the session with every request: one that was ended anywhere is over here as well."""
    request.state.visitor = None
    if token := token_of(request):
        request.state.visitor = await use_cases(request).browser_sessions.find(token)
    return cast("Visitor | None", request.state.visitor)


async def known_visitor(visitor: Annotated[Visitor | None, Depends(find_visitor)]) -> Visitor:
    """Raise `UnauthorizedError`: the page of the log-in is shown then."""
    if visitor is None:
        raise UnauthorizedError("log in first")
    return visitor


async def administrator(visitor: Annotated[Visitor, Depends(known_visitor)]) -> Visitor:
    if not visitor.is_admin:
        raise ForbiddenError("only an administrator may see this page")
    return visitor


AnyVisitor = Annotated[Visitor | None, Depends(find_visitor)]
KnownVisitor = Annotated[Visitor, Depends(known_visitor)]
Administrator = Annotated[Visitor, Depends(administrator)]


def cookie_name(request: Request) -> str:
    """Return the name: the prefix binds the cookie to this host and to TLS (RFC 6265bis, 4.1.3)."""
    if not is_https(request):
        return "hello_session"
    return "__Secure-hello_session" if request.scope.get("root_path") else "__Host-hello_session"


def token_of(request: Request) -> str | None:
    return request.cookies.get(cookie_name(request))


def remember(request: Request, response: Response, token: str, lifetime_s: int) -> None:
    response.set_cookie(
        cookie_name(request),
        token,
        max_age=lifetime_s,
        path=cookie_path(request),
        secure=is_https(request),
        httponly=True,
        samesite="lax",
    )


def forget(request: Request, response: Response) -> None:
    response.delete_cookie(
        cookie_name(request),
        path=cookie_path(request),
        secure=is_https(request),
        httponly=True,
        samesite="lax",
    )


def cookie_path(request: Request) -> str:
    return f"{request.scope.get('root_path', '')}/"


def may_read_lists(request: Request) -> bool:
    """Say whether the lists of birthdays are for everybody, or for the accounts of which this is one."""
    return not request.app.state.are_lists_private or request.state.visitor is not None


async def list_reader(request: Request, _: AnyVisitor) -> None:
    """Raise `UnauthorizedError` for a stranger where lists are private."""
    if not may_read_lists(request):
        raise UnauthorizedError("log in first")


ListReader = Depends(list_reader)
