"""Registering, logging in and out."""

from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, Query, Request, Response

from hello.entities.errors import ConflictError, TooManyError, UnauthorizedError
from hello.interface.http.dependencies import Accounts, Sessions, use_cases
from hello.interface.http.limits import address_of, limited
from hello.interface.http.schemas.accounts import LoginRequest, RegisterRequest
from hello.interface.web.forms import Form, submitted
from hello.interface.web.origins import local_path
from hello.interface.web.pages import page, page_router, redirect
from hello.interface.web.sessions import (
    KnownVisitor,
    forget,
    known_visitor,
    remember,
    token_of,
)
from hello.services.sessions import LogIn, SessionService

BY_ADDRESS = [Depends(limited("accounts", by_address=True))]
Next = Annotated[str | None, Query(alias="next", max_length=2000)]
router = page_router()


@router.get("/login")
async def show_login(request: Request, wanted: Next = None) -> Response:
    return page(request, "login.html", form=Form(), next=local_path(wanted))


@router.post("/login", dependencies=BY_ADDRESS)
async def log_in(request: Request, sessions: Sessions, wanted: Next = None) -> Response:
    """Begin a session with a new token, and end the one that the browser had before."""
    form = await submitted(request, LoginRequest)
    status = HTTPStatus.BAD_REQUEST
    if form.data is not None:
        try:
            return await logged_in(
                request, sessions, form.data.to_command(address_of(request)), local_path(wanted), "logged-in"
            )
        except (UnauthorizedError, TooManyError) as error:
            form, status = form.refused(error), HTTPStatus.FORBIDDEN
    return page(request, "login.html", status, form=form, next=local_path(wanted))


@router.get("/register")
async def show_registration(request: Request, wanted: Next = None) -> Response:
    return page(request, "register.html", form=Form(), next=local_path(wanted))


@router.post("/register", dependencies=BY_ADDRESS)
async def register(request: Request, accounts: Accounts, sessions: Sessions, wanted: Next = None) -> Response:
    """Open an account and log it in."""
    form = await submitted(request, RegisterRequest)
    if form.data is not None:
        command = form.data.to_command()
        try:
            await accounts.register(command)
        except ConflictError as error:
            form = form.refused(error, at="email")
        else:
            login = LogIn(email=command.email, password=command.password, address=address_of(request))
            return await logged_in(request, sessions, login, local_path(wanted), "registered")
    return page(request, "register.html", HTTPStatus.BAD_REQUEST, form=form, next=local_path(wanted))


@router.get("/account", dependencies=[Depends(known_visitor)])
async def show_account(request: Request) -> Response:
    return page(request, "account.html")


@router.post("/logout")
async def log_out(request: Request, sessions: Sessions) -> Response:
    """End the session: every tab and every open stream of events that uses it is logged out."""
    await end_session(request, sessions)
    response = redirect(request, "/", done="logged-out")
    forget(request, response)
    return response


@router.post("/logout/everywhere")
async def log_out_everywhere(request: Request, visitor: KnownVisitor) -> Response:
    """End the sessions of all devices and of all API clients."""
    await use_cases(request).browser_sessions.end_all(visitor.caller)
    response = redirect(request, "/", done="logged-out-everywhere")
    forget(request, response)
    return response


async def logged_in(
    request: Request, sessions: SessionService, login: LogIn, path: str, done: str
) -> Response:
    tokens = await sessions.log_in(login)
    await end_session(request, sessions)
    response = redirect(request, with_done(path, done))
    remember(request, response, tokens.refresh, int(sessions.lifetime.total_seconds()))
    return response


async def end_session(request: Request, sessions: SessionService) -> None:
    if request.state.visitor is not None and (token := token_of(request)):
        await sessions.log_out(request.state.visitor.caller, token)


def with_done(path: str, done: str) -> str:
    """Say what was done where a page has no other query."""
    return path if "?" in path else f"{path}?done={done}"
