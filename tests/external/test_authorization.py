"""Who may use which route: every route of the API's description, by every kind of caller."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

import httpx
import pytest

from hello.connectors.tokens.keys import SigningKey
from tests.external.test_hello import assert_problem
from tests.support.builders import a_name
from tests.support.http.accounts import (
    USERS,
    LoggedIn,
    an_email,
    bearer,
    refresh,
    signed_up,
    tokens_of,
)
from tests.support.http.forging import claims_of, signed, unsigned, with_claims
from tests.support.http.ordering import ADMIN_TOKEN

pytestmark = pytest.mark.external
NDJSON = {"Content-Type": "application/x-ndjson"}
PERSON = b'{"username": "John", "dateOfBirth": "1990-05-17"}'
STRANGERS_KEY = SigningKey.derived_from(b"a secret of somebody else, not known here")
Headers: TypeAlias = dict[str, str]


@dataclass(slots=True)
class World:
    """Somebody of each kind, and what there is to be changed; `spare` is a refresh token that is rotated."""

    client: httpx.Client
    owner: LoggedIn
    stranger: LoggedIn
    admin: LoggedIn
    spare: str
    item: str = field(default="")

    def kept_item(self) -> str:
        """Return where an item of the owner is, made when there is none any more."""
        if not self.item or self.client.head(self.item).status_code == 404:
            created = self.client.post("/api/v1/items", json=ITEM, headers=self.owner.headers)
            self.item = created.headers["Location"]
        return self.item

    def order(self) -> dict[str, Any]:
        return {"lines": [{"item_id": self.kept_item().rsplit("/", 1)[1], "quantity": 1}]}

    def ended_order(self) -> str:
        path = self.new_order()
        assert self.client.delete(path, headers=self.owner.headers).status_code == 204
        return path

    def new_order(self) -> str:
        """Return where an order of the owner is that nobody has changed."""
        created = self.client.post(ORDERS, json=self.order(), headers=self.owner.headers)
        return created.headers["Location"]

    def person(self) -> str:
        path = f"/hello/{a_name()}"
        assert self.client.put(path, json=BORN).status_code == 204
        return path

    def refreshed(self, headers: Headers) -> httpx.Response:
        answer = self.client.post(f"{USERS}/refresh", json={"refresh_token": self.spare}, headers=headers)
        self.spare = answer.json().get("refresh_token", self.spare)
        return answer


ITEM: dict[str, Any] = {"title": "A kite", "price_cents": 1999}
BORN = {"dateOfBirth": "1990-05-17"}
ORDERS, ANY_VERSION = "/api/v1/orders", {"If-Match": "*"}


@pytest.fixture(scope="module")
def world(unlimited: list[httpx.Client]) -> World:
    client = unlimited[0]
    owner, stranger, admin = (signed_up(client) for _ in range(3))
    spare, ended = (tokens_of(client, owner.account["email"])["refresh_token"] for _ in range(2))
    # Log-out ends another session than that of the owner's access token, which begins streams.
    owner = replace(owner, tokens=owner.tokens | {"refresh_token": ended})
    promoted = {"access_token": signed(claims_of(admin.id, role="admin"))}
    return World(client, owner, stranger, replace(admin, tokens=admin.tokens | promoted), spare)


def forged(world: World, **claims: object) -> dict[str, Any]:
    return claims_of(world.owner.id, **claims)


KNOWN: dict[str, Callable[[World], Headers]] = {
    "anonymous": lambda _: {},
    "owner": lambda world: world.owner.headers,
    "stranger": lambda world: world.stranger.headers,
    "admin": lambda world: world.admin.headers,
    "break-glass": lambda _: bearer(ADMIN_TOKEN),
}
BAD: dict[str, Callable[[World], Headers]] = {
    "expired": lambda world: bearer(signed(forged(world, exp=1, nbf=0, iat=0))),
    "not yet valid": lambda world: bearer(signed(forged(world, nbf=2**33, iat=2**33, exp=2**34))),
    "tampered": lambda world: bearer(
        with_claims(world.owner.tokens["access_token"], forged(world, role="admin"))
    ),
    "cut": lambda world: bearer(world.admin.tokens["access_token"][:-1]),
    "alg none": lambda world: bearer(unsigned(forged(world, role="admin"))),
    "alg none without kid": lambda world: bearer(unsigned(forged(world, role="admin"), "None")),
    "wrong kid": lambda world: bearer(signed(forged(world), kid="another")),
    "another key": lambda world: bearer(signed(forged(world), STRANGERS_KEY)),
    "another key and its kid": lambda world: bearer(
        signed(forged(world), STRANGERS_KEY, kid=STRANGERS_KEY.verifying.kid)
    ),
    "another type": lambda world: bearer(signed(forged(world), typ="JWT")),
    "another issuer": lambda world: bearer(signed(forged(world, iss="another"))),
    "another audience": lambda world: bearer(signed(forged(world, aud="another"))),
    "unknown role": lambda world: bearer(signed(forged(world, role="root"))),
    "refresh token": lambda world: bearer(world.owner.refresh_token),
    "basic": lambda world: {"Authorization": f"Basic {world.admin.tokens['access_token']}"},
    "no scheme": lambda world: {"Authorization": world.admin.tokens["access_token"]},
    "nearly break-glass": lambda _: bearer(ADMIN_TOKEN + "."),
}
CALLERS = KNOWN | BAD
Send: TypeAlias = Callable[[World, Headers], httpx.Response]


@dataclass(frozen=True, slots=True)
class Route:
    """How it is used, and what the known callers get; everybody else gets what `bad` says."""

    send: Send
    anonymous: int
    owner: int
    stranger: int
    admin: int
    break_glass: int
    bad: int

    def status_for(self, caller: str) -> int:
        return int(getattr(self, caller.replace("-", "_"))) if caller in KNOWN else self.bad


def everybody(send: Send, status: int) -> Route:
    """Describe a route that looks at no token, not even at a bad one."""
    return Route(send, status, status, status, status, status, status)


def accounts(send: Send, status: int) -> Route:
    """Describe a route for whoever has an account, which the break-glass token is not."""
    return Route(send, 401, status, status, status, 401, 401)


def its_owner(send: Send, status: int, others: int) -> Route:
    return Route(send, 401, status, others, others, 401, 401)


def administrators(send: Send, status: int) -> Route:
    return Route(send, 401, 403, 403, status, status, 401)


def getting(path: str) -> Send:
    return lambda world, headers: world.client.get(path, headers=headers)


def posting(path: str, body: object) -> Send:
    return lambda world, headers: world.client.post(path, json=body, headers=headers)


def log_out(world: World, headers: Headers) -> httpx.Response:
    """Show the owner's refresh token, whoever asks; ending an ended session is no error."""
    body = {"refresh_token": world.owner.refresh_token}
    return world.client.post(f"{USERS}/logout", json=body, headers=headers)


ROUTES = {
    "PUT /hello/{username}": everybody(
        lambda w, h: w.client.put(f"/hello/{a_name()}", json=BORN, headers=h), 204
    ),
    "GET /hello/{username}": everybody(lambda w, h: w.client.get(w.person(), headers=h), 200),
    "DELETE /hello/{username}": everybody(lambda w, h: w.client.delete(w.person(), headers=h), 204),
    "GET /api/v1/birthdays/today": everybody(getting("/api/v1/birthdays/today"), 200),
    "GET /api/v1/birthdays/upcoming": everybody(getting("/api/v1/birthdays/upcoming"), 200),
    "GET /api/v1/birthdays/calendar.ics": everybody(getting("/api/v1/birthdays/calendar.ics?days=1"), 200),
    "POST /api/v1/birthdays/import": administrators(
        lambda w, h: w.client.post("/api/v1/birthdays/import", content=PERSON, headers=h | NDJSON), 200
    ),
    "GET /api/v1/birthdays/export": administrators(getting("/api/v1/birthdays/export"), 200),
    # With nothing in the body these three do none of their slow work.
    "POST /api/v1/users/register": everybody(posting(f"{USERS}/register", {}), 400),
    "POST /api/v1/users/login": everybody(posting(f"{USERS}/login", {}), 400),
    "POST /api/v1/users/token": everybody(lambda w, h: w.client.post(f"{USERS}/token", headers=h), 400),
    "POST /api/v1/users/refresh": everybody(lambda w, h: w.refreshed(h), 200),
    "POST /api/v1/users/logout": its_owner(log_out, 204, others=401),
    "GET /api/v1/users/me": accounts(getting(f"{USERS}/me"), 200),
    "PUT /api/v1/users/me/password": accounts(
        lambda w, h: w.client.put(f"{USERS}/me/password", json={}, headers=h), 400
    ),
    "POST /api/v1/users/me/deletion": accounts(posting(f"{USERS}/me/deletion", {}), 400),
    "POST /api/v1/users/me/calendar-feed": accounts(posting(f"{USERS}/me/calendar-feed", None), 201),
    "DELETE /api/v1/users/me/calendar-feed": accounts(
        lambda w, h: w.client.delete(f"{USERS}/me/calendar-feed", headers=h), 204
    ),
    "GET /api/v1/items": everybody(getting("/api/v1/items?limit=1"), 200),
    "POST /api/v1/items": accounts(posting("/api/v1/items", ITEM), 201),
    "GET /api/v1/items/{item_id}": everybody(lambda w, h: w.client.get(w.kept_item(), headers=h), 200),
    "PUT /api/v1/items/{item_id}": its_owner(
        lambda w, h: w.client.put(w.kept_item(), json=ITEM, headers=h), 200, others=403
    ),
    "DELETE /api/v1/items/{item_id}": its_owner(
        lambda w, h: w.client.delete(w.kept_item(), headers=h), 204, others=403
    ),
    "GET /api/v1/orders": accounts(getting("/api/v1/orders?limit=1"), 200),
    "POST /api/v1/orders": accounts(lambda w, h: w.client.post(ORDERS, json=w.order(), headers=h), 201),
    "GET /api/v1/orders/{order_id}": its_owner(
        lambda w, h: w.client.get(w.new_order(), headers=h), 200, others=404
    ),
    "GET /api/v1/orders/{order_id}/events": its_owner(
        lambda w, h: w.client.get(f"{w.ended_order()}/events", headers=h), 200, others=404
    ),
    "PUT /api/v1/orders/{order_id}": its_owner(
        lambda w, h: w.client.put(w.new_order(), json=w.order(), headers=h | ANY_VERSION), 200, others=404
    ),
    "DELETE /api/v1/orders/{order_id}": its_owner(
        lambda w, h: w.client.delete(w.new_order(), headers=h), 204, others=404
    ),
    "GET /api/v1/recipients/{username}": administrators(
        lambda w, h: w.client.get(w.person().replace("/hello/", "/api/v1/recipients/"), headers=h), 200
    ),
    "GET /api/v1/audit": administrators(getting("/api/v1/audit?limit=1"), 200),
    "GET /.well-known/jwks.json": everybody(getting("/.well-known/jwks.json"), 200),
    "GET /api/v1/health": everybody(getting("/api/v1/health"), 200),
    "GET /api/v1/health/ready": everybody(getting("/api/v1/health/ready"), 200),
    "GET /metrics": everybody(getting("/metrics"), 200),
}


def described(world: World) -> dict[str, dict[str, Any]]:
    document = world.client.get("/openapi.json").json()
    return {
        f"{method.upper()} {path}": operation
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    }


def test_the_table_has_every_route(world: World) -> None:
    assert described(world).keys() == ROUTES.keys()


def test_the_description_says_where_a_token_is_needed(world: World) -> None:
    for name, operation in described(world).items():
        is_guarded = ROUTES[name].anonymous == 401
        assert bool(operation["security"]) == is_guarded, name
        wanted = {"401", "403"} if ROUTES[name].stranger == 403 else {"401"}
        assert not is_guarded or wanted <= operation["responses"].keys(), name


@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize("name", ROUTES)
def test_each_route_answers_each_caller(world: World, name: str, caller: str) -> None:
    status = ROUTES[name].status_for(caller)
    answer = ROUTES[name].send(world, CALLERS[caller](world))
    assert answer.status_code == status, answer.text
    if status >= 400:
        assert_problem(answer, status)
    assert ("WWW-Authenticate" in answer.headers) == (status == 401)


def test_a_token_signed_with_our_key_is_good(world: World) -> None:
    """So that the forged ones above are bad for one reason only."""
    good = world.client.get(f"{USERS}/me", headers=bearer(signed(forged(world))))
    assert good.json() == world.owner.account
    scheme = {"Authorization": f"bEARER {signed(forged(world))}"}
    assert world.client.get(f"{USERS}/me", headers=scheme).status_code == 200


@pytest.mark.parametrize("role", ["user", "admin"])
@pytest.mark.parametrize("name", [name for name, route in ROUTES.items() if route.anonymous == 401])
def test_token_of_a_deleted_account_is_401(world: World, name: str, role: str) -> None:
    gone = bearer(signed(claims_of("0198c5de-7a3b-7c1e-8f2a-3d4b5c6d7e8f", role=role)))
    answer = ROUTES[name].send(world, gone)
    assert_problem(answer, 401)
    assert "WWW-Authenticate" in answer.headers


def test_token_of_a_deleted_account_learns_nothing_of_the_request(world: World) -> None:
    gone = bearer(signed(claims_of("0198c5de-7a3b-7c1e-8f2a-3d4b5c6d7e8f")))
    assert_problem(world.client.post(ORDERS, json={"lines": []}, headers=gone), 401)


@pytest.mark.parametrize("path", ["/api/v1/audit", "/api/v1/birthdays/export", f"{USERS}/me"])
def test_head_is_guarded_as_get_is(world: World, path: str) -> None:
    assert world.client.head(path).status_code == 401
    assert world.client.head(path, headers=world.admin.headers).status_code == 200


def test_who_may_not_learns_nothing_of_the_body(world: World) -> None:
    """The token is asked for first: what is wrong with the rest is for those who may come in."""
    assert_problem(world.client.post("/api/v1/items", json={"title": ""}), 401)
    assert_problem(world.client.put("/api/v1/items/x", json={}), 401)
    assert_problem(world.client.post("/api/v1/birthdays/import", content=b"x"), 401)
    assert_problem(world.client.get("/api/v1/audit?limit=0", headers=world.owner.headers), 403)


def test_a_refused_change_changes_nothing(world: World) -> None:
    item = world.kept_item()
    before = world.client.get(item)
    for caller in ("anonymous", "stranger", "admin", "expired", "another key", "break-glass"):
        headers = CALLERS[caller](world)
        world.client.put(item, json={"title": "Mine now"}, headers=headers)
        world.client.delete(item, headers=headers)
    after = world.client.get(item)
    assert (after.json(), after.headers["ETag"]) == (before.json(), before.headers["ETag"])


def test_bad_tokens_do_not_end_the_session(world: World) -> None:
    session = tokens_of(world.client, world.owner.account["email"])
    for caller in CALLERS.keys() - {"owner"}:
        body = {"refresh_token": session["refresh_token"]}
        world.client.post(f"{USERS}/logout", json=body, headers=CALLERS[caller](world))
    assert refresh(world.client, session["refresh_token"]).status_code == 200


def test_nobody_registers_as_an_administrator(world: World) -> None:
    body = {"email": an_email(), "password": "correct horse battery", "full_name": "Eve", "role": "admin"}
    assert world.client.post(f"{USERS}/register", json=body).status_code == 201
    headers = bearer(tokens_of(world.client, body["email"])["access_token"])
    assert_problem(world.client.get("/api/v1/audit", headers=headers), 403)
