"""Whom the routes count: an account when there is a valid access token, else an address."""

from types import SimpleNamespace
from typing import TypeAlias

import httpx
import pytest
from fastapi import FastAPI
from starlette.types import Receive, Scope, Send

from hello.entities.accounts import Role
from hello.interface.http.problems import answer_with_problems
from hello.interface.http.routers import accounts, items
from hello.services.accounts import AccountService
from hello.services.items import ItemService
from hello.services.security import Caller
from tests.support.auth import ADA, HOME, SECRET, AuthFixture
from tests.support.builders import numbered_ids
from tests.twins.lookups import twin_lookups
from tests.twins.security import TwinLimiter
from tests.twins.transaction import TwinBus
from tests.twins.writes import twin_item_writes

Request: TypeAlias = tuple[str, str, object]
QUOTAS = {"accounts": (3, 60), "items": (3, 60)}
ITEM = "/api/v1/items/01890a5d-ac96-774b-bcce-b302099a8057"
KITE = {"title": "A kite"}
ME: Request = ("GET", "/api/v1/users/me", None)


class LimitedApp:
    """Two routers on the twins."""

    def __init__(self) -> None:
        self.auth, self.limiter, ids = AuthFixture(), TwinLimiter(QUOTAS), numbered_ids()
        begin, passwords, now = self.auth.twin.begin, self.auth.passwords, self.auth.clock
        publish, lookups = TwinBus().publish, twin_lookups(begin)
        self.app = FastAPI()
        self.app.include_router(accounts.router)
        self.app.include_router(items.router)
        answer_with_problems(self.app)
        self.app.state.use_cases = SimpleNamespace(
            access_tokens=self.auth.access_tokens,
            accounts=AccountService(
                begin=begin,
                lookup=lookups.accounts,
                passwords=passwords,
                publish=publish,
                now=now,
                new_id=lambda: next(ids),
            ),
            items=ItemService(
                begin=begin,
                lookup=lookups.items,
                pages=lookups.item_pages,
                creation=twin_item_writes(begin),
                publish=publish,
                now=now,
                new_id=lambda: next(ids),
            ),
            limiter=self.limiter,
            sessions=self.auth.sessions,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Give each request an id, as the layer outside of the application does."""
        scope["state"] = {"request_id": "1"}
        await self.app(scope, receive, send)

    def token(self) -> str:
        return self.auth.access_tokens.issue(Caller(self.auth.ada.id, Role.USER)).text

    async def ask(self, request: Request, token: str | None = None) -> int:
        method, path, body = request
        transport = httpx.ASGITransport(self, client=(HOME, 50_000))
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        async with httpx.AsyncClient(transport=transport, base_url="http://hello", headers=headers) as client:
            return (await client.request(method, path, json=body)).status_code

    @property
    def counted(self) -> list[str]:
        return [key for _, key in self.limiter.counted]


@pytest.fixture
def app() -> LimitedApp:
    return LimitedApp()


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        (("POST", "/api/v1/items", KITE), 201),
        (("PUT", ITEM, KITE), 404),
        (("DELETE", ITEM, None), 404),
        (("GET", "/api/v1/items", None), 200),
        (("GET", ITEM, None), 404),
        (ME, 200),
        (("POST", "/api/v1/users/logout", {"refresh_token": "none"}), 401),
    ],
)
async def test_request_with_a_token_is_counted_by_account(
    app: LimitedApp, asked: Request, status: int
) -> None:
    assert await app.ask(asked, app.token()) == status
    assert app.counted == [str(app.auth.ada.id)]


@pytest.mark.parametrize("token", [None, "not-one-of-ours"])
@pytest.mark.parametrize(
    ("asked", "status"),
    [
        (("GET", "/api/v1/items", None), 200),
        (("POST", "/api/v1/items", KITE), 401),
        (ME, 401),
        (("POST", "/api/v1/users/login", {"email": ADA, "password": SECRET}), 200),
    ],
)
async def test_request_without_a_valid_token_is_counted_by_address(
    app: LimitedApp, asked: Request, status: int, token: str | None
) -> None:
    assert await app.ask(asked, token) == status
    assert app.counted == [HOME]


async def test_refusals_without_a_token_are_limited(app: LimitedApp) -> None:
    assert [await app.ask(ME) for _ in range(4)] == [401, 401, 401, 429]
