"""Every route, how to use it, and what each kind of caller gets."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import httpx

from hello.connectors.tokens.keys import SigningKey
from tests.support.builders import a_name
from tests.support.http.accounts import USERS, LoggedIn, bearer
from tests.support.http.orders import ADMIN_TOKEN
from tests.support.http.tokens import claims_of, signed, unsigned, with_claims

NDJSON = {"Content-Type": "application/x-ndjson"}
PERSON = b'{"username": "John", "dateOfBirth": "1990-05-17"}'
STRANGERS_KEY = SigningKey.derived_from(b"a secret of somebody else, not known here")
Headers: TypeAlias = dict[str, str]


@dataclass(slots=True)
class Callers:
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


def forged(callers: Callers, **claims: object) -> dict[str, Any]:
    return claims_of(callers.owner.id, **claims)


KNOWN: dict[str, Callable[[Callers], Headers]] = {
    "anonymous": lambda _: {},
    "owner": lambda callers: callers.owner.headers,
    "stranger": lambda callers: callers.stranger.headers,
    "admin": lambda callers: callers.admin.headers,
    "break-glass": lambda _: bearer(ADMIN_TOKEN),
}
BAD: dict[str, Callable[[Callers], Headers]] = {
    "expired": lambda callers: bearer(signed(forged(callers, exp=1, nbf=0, iat=0))),
    "not yet valid": lambda callers: bearer(signed(forged(callers, nbf=2**33, iat=2**33, exp=2**34))),
    "tampered": lambda callers: bearer(
        with_claims(callers.owner.tokens["access_token"], forged(callers, role="admin"))
    ),
    "cut": lambda callers: bearer(callers.admin.tokens["access_token"][:-1]),
    "alg none": lambda callers: bearer(unsigned(forged(callers, role="admin"))),
    "alg none without kid": lambda callers: bearer(unsigned(forged(callers, role="admin"), "None")),
    "wrong kid": lambda callers: bearer(signed(forged(callers), kid="another")),
    "another key": lambda callers: bearer(signed(forged(callers), STRANGERS_KEY)),
    "another key and its kid": lambda callers: bearer(
        signed(forged(callers), STRANGERS_KEY, kid=STRANGERS_KEY.verifying.kid)
    ),
    "another type": lambda callers: bearer(signed(forged(callers), typ="JWT")),
    "another issuer": lambda callers: bearer(signed(forged(callers, iss="another"))),
    "another audience": lambda callers: bearer(signed(forged(callers, aud="another"))),
    "unknown role": lambda callers: bearer(signed(forged(callers, role="root"))),
    "refresh token": lambda callers: bearer(callers.owner.refresh_token),
    "basic": lambda callers: {"Authorization": f"Basic {callers.admin.tokens['access_token']}"},
    "no scheme": lambda callers: {"Authorization": callers.admin.tokens["access_token"]},
    "nearly break-glass": lambda _: bearer(ADMIN_TOKEN + "."),
}
CALLERS = KNOWN | BAD
Send: TypeAlias = Callable[[Callers, Headers], httpx.Response]


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
    return lambda callers, headers: callers.client.get(path, headers=headers)


def posting(path: str, body: object) -> Send:
    return lambda callers, headers: callers.client.post(path, json=body, headers=headers)


def log_out(callers: Callers, headers: Headers) -> httpx.Response:
    """Show the owner's refresh token, whoever asks; ending an ended session is no error."""
    body = {"refresh_token": callers.owner.refresh_token}
    return callers.client.post(f"{USERS}/logout", json=body, headers=headers)


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
    "GET /api/v1/search/items": everybody(getting("/api/v1/search/items?q=kite"), 200),
    "GET /api/v1/search/items/suggest": everybody(getting("/api/v1/search/items/suggest?q=kite"), 200),
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
    "GET /version": everybody(getting("/version"), 200),
}
