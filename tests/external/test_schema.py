"""Random requests, good and bad, are answered as `/openapi.json` says, whoever sends them."""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import reduce
from http import HTTPStatus
from operator import or_
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import SearchStrategy
from jsonschema import Draft202012Validator, FormatChecker
from schemathesis import APIOperation, BaseSchema, Case, CheckFunction, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from hello.connectors.embedded.servers import Servers
from tests.support.http.accounts import LoggedIn, bearer, client_of, signed_up
from tests.support.http.routes import ROUTES
from tests.support.http.running import running_api
from tests.support.http.tokens import SECRET, claims_of, signed
from tests.support.servers import WORKER, with_own_database

pytestmark = [pytest.mark.external, pytest.mark.timeout(3600)]
EXAMPLES = int(os.environ.get("EXAMPLES", "300"))
CALLERS = ("nobody", "an account", "an administrator")
EACH = max(1, EXAMPLES // len(ROUTES) // len(CALLERS))
CHECKS: list[CheckFunction] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
UNLIMITED = {
    "GET /.well-known/jwks.json",
    "GET /api/v1/birthdays/export",
    "GET /api/v1/health",
    "GET /api/v1/health/ready",
    "GET /metrics",
    "GET /version",
    "POST /api/v1/birthdays/import",
}
FREE = {
    f"RATE_LIMIT_{group}": "off"
    for group in ("ACCOUNTS", "ITEMS", "SEARCH", "AUDIT", "LOGIN_PAIR", "LOGIN_ADDRESS", "LOGIN_ACCOUNT")
}


@dataclass(frozen=True, slots=True)
class DescribedApi:
    """`headers` are those of each kind of caller."""

    client: httpx.Client
    description: BaseSchema
    account: LoggedIn
    headers: dict[str, dict[str, str]]

    def an_item(self) -> str:
        """Return the id of an item that is there."""
        body = {"title": "A kite"}
        answer = self.client.post("/api/v1/items", json=body, headers=self.account.headers)
        return str(answer.json()["id"])


@pytest.fixture(scope="module")
async def own_servers(servers: Servers) -> Servers:
    """A database of our own, and keys of our own in Valkey: nobody else is to meet what is made up here."""
    own = await with_own_database(servers, f"hello_schema_{WORKER}")
    return replace(own, redis_url=own.redis_url.replace("db=0", "db=1"))


@pytest.fixture(scope="module")
def api(own_servers: Servers) -> Iterator[DescribedApi]:
    with ExitStack() as stack:
        api = stack.enter_context(running_api(own_servers, SECRET_KEY=SECRET, **FREE))
        client = stack.enter_context(client_of(api))
        account, other = signed_up(client), signed_up(client)
        description = schemathesis.openapi.from_url(f"{api.url}/openapi.json")
        admin = bearer(signed(claims_of(other.id, role="admin")))
        headers = dict(zip(CALLERS, ({}, account.headers, admin), strict=True))
        yield DescribedApi(client, description, account, headers)


def cases(operation: APIOperation[Any, Any, Any, Any], item_id: str) -> SearchStrategy[Case[Any]]:
    """Make up requests that are as described, that are not, and that are about an item that is there."""
    found = [operation.as_strategy(GenerationMode.POSITIVE)]
    if operation.path_parameters or operation.query or operation.body:
        found.append(operation.as_strategy(GenerationMode.NEGATIVE))
    if "{item_id}" in operation.path:
        found.append(operation.as_strategy(path_parameters={"item_id": item_id}))
    return reduce(or_, found)


@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize("route", ROUTES)
def test_answers_are_as_described(api: DescribedApi, route: str, caller: str) -> None:
    method, path = route.split()

    @settings(max_examples=EACH, deadline=None, suppress_health_check=list(HealthCheck))
    @given(case=cases(api.description[path][method], api.an_item()))
    def check(case: Case[Any]) -> None:
        answer = case.call(headers=api.headers[caller])
        case.validate_response(answer, checks=CHECKS)
        described = case.operation.definition.raw["responses"]
        assert str(answer.status_code) in described, "the status has only the default description"

    check()


def test_an_empty_parameter_is_refused_just_where_its_schema_refuses_it(api: DescribedApi) -> None:
    """Random texts rarely are empty, and clients that fill in forms often send such."""

    def is_valid(schema: dict[str, Any], text: str) -> bool:
        whole = api.description.raw_schema | schema
        return bool(Draft202012Validator(whole, format_checker=FormatChecker()).is_valid(text))

    wrong = {}
    for route, operation in operations(api).items():
        for name, schema in texts_in_query(operation):
            path = route.removeprefix("GET ").replace("{username}", "John")
            answer = api.client.get(path, params={name: ""}, headers=api.headers[CALLERS[2]])
            is_refused = answer.status_code == HTTPStatus.BAD_REQUEST
            if is_refused == is_valid(schema, ""):
                wrong[f"{route} {name}"] = answer.status_code
    assert wrong == {}


def texts_in_query(operation: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    found = [one for one in operation.get("parameters", ()) if one["in"] == "query"]
    assert all(one["schema"] for one in found)
    return [(one["name"], one["schema"]) for one in found]


def test_every_limited_route_describes_429(api: DescribedApi) -> None:
    """Whether or not there is a limit by default."""
    missing = {route for route, operation in operations(api).items() if "429" not in operation["responses"]}
    assert missing == UNLIMITED


def operations(api: DescribedApi) -> dict[str, dict[str, Any]]:
    return {
        f"{method.upper()} {path}": operation
        for path, methods in api.description.raw_schema["paths"].items()
        for method, operation in methods.items()
    }
