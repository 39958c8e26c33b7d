"""Who may use which route: every route of the API's description, by every kind of caller."""

from dataclasses import replace
from typing import Any

import httpx
import pytest

from tests.support.http.accounts import (
    PASSWORD,
    USERS,
    an_email,
    bearer,
    refresh,
    signed_up,
    tokens_of,
)
from tests.support.http.messages import assert_problem
from tests.support.http.routes import CALLERS, ORDERS, ROUTES, Callers, forged
from tests.support.http.tokens import claims_of, signed

pytestmark = pytest.mark.external


@pytest.fixture(scope="module")
def callers(unlimited: list[httpx.Client]) -> Callers:
    client = unlimited[0]
    owner, stranger, admin = (signed_up(client) for _ in range(3))
    spare, ended = (tokens_of(client, owner.account["email"])["refresh_token"] for _ in range(2))
    # Log-out ends another session than that of the owner's access token, which begins streams.
    owner = replace(owner, tokens=owner.tokens | {"refresh_token": ended})
    promoted = {"access_token": signed(claims_of(admin.id, role="admin"))}
    return Callers(client, owner, stranger, replace(admin, tokens=admin.tokens | promoted), spare)


def described(callers: Callers) -> dict[str, dict[str, Any]]:
    document = callers.client.get("/openapi.json").json()
    return {
        f"{method.upper()} {path}": operation
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    }


def test_routes_table_has_every_described_route(callers: Callers) -> None:
    assert described(callers).keys() == ROUTES.keys()


def test_the_description_says_where_a_token_is_needed(callers: Callers) -> None:
    for name, operation in described(callers).items():
        is_guarded = ROUTES[name].anonymous == 401
        assert bool(operation["security"]) == is_guarded, name
        wanted = {"401", "403"} if ROUTES[name].stranger == 403 else {"401"}
        assert not is_guarded or wanted <= operation["responses"].keys(), name


@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize("name", ROUTES)
def test_each_route_answers_each_caller(callers: Callers, name: str, caller: str) -> None:
    status = ROUTES[name].status_for(caller)
    answer = ROUTES[name].send(callers, CALLERS[caller](callers))
    assert answer.status_code == status, answer.text
    if status >= 400:
        assert_problem(answer, status)
    assert ("WWW-Authenticate" in answer.headers) == (status == 401)


def test_token_signed_with_the_service_key_is_accepted(callers: Callers) -> None:
    """So that the forged ones above are bad for one reason only."""
    good = callers.client.get(f"{USERS}/me", headers=bearer(signed(forged(callers))))
    assert good.json() == callers.owner.account
    scheme = {"Authorization": f"bEARER {signed(forged(callers))}"}
    assert callers.client.get(f"{USERS}/me", headers=scheme).status_code == 200


@pytest.mark.parametrize("role", ["user", "admin"])
@pytest.mark.parametrize("name", [name for name, route in ROUTES.items() if route.anonymous == 401])
def test_token_of_a_deleted_account_is_401(callers: Callers, name: str, role: str) -> None:
    gone = bearer(signed(claims_of("0198c5de-7a3b-7c1e-8f2a-3d4b5c6d7e8f", role=role)))
    answer = ROUTES[name].send(callers, gone)
    assert_problem(answer, 401)
    assert "WWW-Authenticate" in answer.headers


def test_token_of_a_deleted_account_learns_nothing_of_the_request(callers: Callers) -> None:
    gone = bearer(signed(claims_of("0198c5de-7a3b-7c1e-8f2a-3d4b5c6d7e8f")))
    assert_problem(callers.client.post(ORDERS, json={"lines": []}, headers=gone), 401)


@pytest.mark.parametrize("path", ["/api/v1/audit", "/api/v1/birthdays/export", f"{USERS}/me"])
def test_head_is_guarded_as_get_is(callers: Callers, path: str) -> None:
    assert callers.client.head(path).status_code == 401
    assert callers.client.head(path, headers=callers.admin.headers).status_code == 200


def test_unauthorized_request_is_refused_before_its_body_is_checked(callers: Callers) -> None:
    """The token is asked for first: what is wrong with the rest is for those who may come in."""
    assert_problem(callers.client.post("/api/v1/items", json={"title": ""}), 401)
    assert_problem(callers.client.put("/api/v1/items/x", json={}), 401)
    assert_problem(callers.client.post("/api/v1/birthdays/import", content=b"x"), 401)
    assert_problem(callers.client.get("/api/v1/audit?limit=0", headers=callers.owner.headers), 403)


def test_a_refused_change_changes_nothing(callers: Callers) -> None:
    item = callers.kept_item()
    before = callers.client.get(item)
    for caller in ("anonymous", "stranger", "admin", "expired", "another key", "break-glass"):
        headers = CALLERS[caller](callers)
        callers.client.put(item, json={"title": "Mine now"}, headers=headers)
        callers.client.delete(item, headers=headers)
    after = callers.client.get(item)
    assert (after.json(), after.headers["ETag"]) == (before.json(), before.headers["ETag"])


def test_bad_tokens_do_not_end_the_session(callers: Callers) -> None:
    session = tokens_of(callers.client, callers.owner.account["email"])
    for caller in CALLERS.keys() - {"owner"}:
        body = {"refresh_token": session["refresh_token"]}
        callers.client.post(f"{USERS}/logout", json=body, headers=CALLERS[caller](callers))
    assert refresh(callers.client, session["refresh_token"]).status_code == 200


def test_registration_ignores_the_role_admin(callers: Callers) -> None:
    body = {"email": an_email(), "password": PASSWORD, "full_name": "Eve", "role": "admin"}
    assert callers.client.post(f"{USERS}/register", json=body).status_code == 201
    headers = bearer(tokens_of(callers.client, body["email"])["access_token"])
    assert_problem(callers.client.get("/api/v1/audit", headers=headers), 403)
