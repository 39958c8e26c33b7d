"""Accounts: registering, logging in and out, and one's own."""

from http import HTTPStatus

from fastapi import APIRouter, Depends, Request, Response

from hello.interface.http.dependencies import AccountDeletion, Accounts, PasswordChanges, Sessions
from hello.interface.http.forms import LOGIN_FORM, GivenForm
from hello.interface.http.json_bodies import account_json
from hello.interface.http.limits import address_of, limited
from hello.interface.http.problems import problems
from hello.interface.http.schemas.accounts import (
    AccountResponse,
    DeletionRequest,
    LoginRequest,
    PasswordChangeRequest,
    RefreshRequest,
    RegisterRequest,
    TokenResponse,
)
from hello.interface.http.security import CurrentAccount, CurrentCaller
from hello.services.sessions import Tokens

JSON_BODY = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.SERVICE_UNAVAILABLE,
)
UNAUTHORIZED = HTTPStatus.UNAUTHORIZED
NOT_STORED = {"Cache-Control": "no-store"}
# By address also for who has a token: with an account for each attempt there would be no limit.
BY_ADDRESS = [Depends(limited("accounts", by_address=True))]
BY_ACCOUNT = [Depends(limited("accounts"))]
router = APIRouter(prefix="/api/v1/users", tags=["accounts"])


@router.post(
    "/register",
    operation_id="registerAccount",
    dependencies=BY_ADDRESS,
    status_code=HTTPStatus.CREATED,
    responses=problems(*JSON_BODY, HTTPStatus.CONFLICT),
)
async def register(body: RegisterRequest, accounts: Accounts) -> AccountResponse:
    """Open an account; e-mails are one whatever their case."""
    return AccountResponse.of(await accounts.register(body.to_command()))


@router.post(
    "/login",
    operation_id="logIn",
    dependencies=BY_ADDRESS,
    response_model=TokenResponse,
    responses=problems(*JSON_BODY, UNAUTHORIZED),
)
async def log_in(request: Request, body: LoginRequest, sessions: Sessions) -> Response:
    """Begin a session; an unknown e-mail and a wrong password get the same answer in the same time."""
    return tokens_given(await sessions.log_in(body.to_command(address_of(request))))


@router.post(
    "/token",
    operation_id="logInByForm",
    dependencies=BY_ADDRESS,
    openapi_extra=LOGIN_FORM,
    response_model=TokenResponse,
    responses=problems(*JSON_BODY, UNAUTHORIZED),
)
async def log_in_by_form(request: Request, form: GivenForm, sessions: Sessions) -> Response:
    """Log in as OAuth 2 does it (RFC 6749, 4.3): the form of the interactive documentation."""
    return tokens_given(await sessions.log_in(form.to_command(address_of(request))))


@router.post(
    "/refresh",
    operation_id="refreshTokens",
    dependencies=BY_ADDRESS,
    response_model=TokenResponse,
    responses=problems(*JSON_BODY, UNAUTHORIZED),
)
async def refresh(body: RefreshRequest, sessions: Sessions) -> Response:
    """Exchange a refresh token, which is good once: one that is used again ends its whole session."""
    return tokens_given(await sessions.refresh(body.refresh_token))


@router.post(
    "/logout",
    operation_id="logOut",
    dependencies=BY_ACCOUNT,
    status_code=HTTPStatus.NO_CONTENT,
    responses=problems(*JSON_BODY, UNAUTHORIZED),
)
async def log_out(caller: CurrentCaller, body: RefreshRequest, sessions: Sessions) -> Response:
    """End the session of the refresh token; the access token lives out its minutes."""
    await sessions.log_out(caller, body.refresh_token)
    return Response(status_code=HTTPStatus.NO_CONTENT)


@router.get(
    "/me",
    operation_id="readOwnAccount",
    dependencies=BY_ACCOUNT,
    response_model=AccountResponse,
    responses=problems(UNAUTHORIZED, HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE),
)
async def read_me(account: CurrentAccount) -> Response:
    """Show one's own account."""
    return Response(account_json(account), media_type="application/json", headers=NOT_STORED)


@router.put(
    "/me/password",
    operation_id="changeOwnPassword",
    dependencies=BY_ACCOUNT,
    status_code=HTTPStatus.NO_CONTENT,
    responses=problems(*JSON_BODY, UNAUTHORIZED, HTTPStatus.FORBIDDEN),
)
async def change_password(
    request: Request, caller: CurrentCaller, body: PasswordChangeRequest, changes: PasswordChanges
) -> Response:
    """Change one's own password; all other sessions end, and the calendar feed's URL is revoked."""
    await changes.change(caller, body.to_command(address_of(request)))
    return Response(status_code=HTTPStatus.NO_CONTENT)


@router.post(
    "/me/deletion",
    operation_id="deleteOwnAccount",
    dependencies=BY_ACCOUNT,
    status_code=HTTPStatus.NO_CONTENT,
    responses=problems(*JSON_BODY, UNAUTHORIZED, HTTPStatus.FORBIDDEN),
)
async def delete_me(
    request: Request, caller: CurrentCaller, body: DeletionRequest, deletion: AccountDeletion
) -> Response:
    """Delete one's own account with its orders, items and sessions; orders on their way are cancelled."""
    await deletion.delete(caller, body.to_command(address_of(request)))
    return Response(status_code=HTTPStatus.NO_CONTENT)


def tokens_given(tokens: Tokens) -> Response:
    """Forbid caches to store them (RFC 6749, 5.1)."""
    body = TokenResponse.of(tokens).model_dump_json()
    return Response(body, media_type="application/json", headers=NOT_STORED)
