"""Every link of an answer can be followed through a proxy that ends TLS and adds a prefix."""

import re
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urljoin

import httpx
import pytest

from hello.connectors.embedded.servers import Servers
from tests.proxy.nginx import running_proxy
from tests.support.builders import a_name
from tests.support.http.accounts import PASSWORD, LoggedIn, signed_up
from tests.support.http.running import running_api
from tests.support.programs.ports import free_port

pytestmark = [pytest.mark.external, pytest.mark.proxy]
PREFIX = "/gifts"


@pytest.fixture(scope="module", params=["/", ""], ids=["prefix removed", "prefix left"])
def proxied(
    request: pytest.FixtureRequest, servers: Servers, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[httpx.Client]:
    """A client that knows nothing but the public URL."""
    port = free_port()
    public_url = f"https://localhost:{port}{PREFIX}"
    options = {"PUBLIC_URL": public_url, "TRUSTED_PROXIES": "127.0.0.1"}
    with (
        running_api(servers, **options) as api,
        running_proxy(tmp_path_factory.mktemp("nginx"), port, api.url + request.param) as authority,
        httpx.Client(base_url=public_url, verify=context(authority), timeout=10) as client,
    ):
        yield client


@pytest.fixture(scope="module")
def ada(proxied: httpx.Client) -> LoggedIn:
    return signed_up(proxied)


def context(authority: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(authority))


def followed(
    client: httpx.Client, response: httpx.Response, reference: str, **headers: str
) -> httpx.Response:
    """Resolve a reference as browsers do (RFC 3986)."""
    return client.get(urljoin(str(response.url), reference), headers=headers)


def an_item(client: httpx.Client, ada: LoggedIn) -> httpx.Response:
    body = {"title": "A kite", "price_cents": 1999}
    return client.post("/api/v1/items", json=body, headers=ada.headers)


def test_location_of_an_item_leads_to_it(proxied: httpx.Client, ada: LoggedIn) -> None:
    created = an_item(proxied, ada)
    assert created.headers["Location"].startswith(f"{PREFIX}/api/")
    assert followed(proxied, created, created.headers["Location"]).json() == created.json()


def test_location_of_an_order_leads_to_it_and_its_events_arrive(proxied: httpx.Client, ada: LoggedIn) -> None:
    item_id = an_item(proxied, ada).json()["id"]
    body = {"lines": [{"item_id": item_id, "quantity": 1}]}
    created = proxied.post("/api/v1/orders", json=body, headers=ada.headers)
    place = urljoin(str(created.url), created.headers["Location"])
    assert proxied.get(place, headers=ada.headers).status_code == 200
    with proxied.stream("GET", f"{place}/events", headers=ada.headers) as events:
        assert next(events.iter_lines()) == "event: order.created"


@pytest.mark.parametrize("query", ["", "?limit=20"], ids=["fast path", "application"])
def test_link_leads_to_the_next_page(proxied: httpx.Client, query: str) -> None:
    born = datetime.now(UTC).date().replace(year=1996).isoformat()
    names = {a_name() for _ in range(21)}
    for name in names:
        assert proxied.put(f"/hello/{name}", json={"dateOfBirth": born}).status_code == 204
    page = proxied.get(f"/api/v1/birthdays/today{query}")
    found = {person["username"] for person in page.json()["people"]}
    while "next" in page.links:
        page = followed(proxied, page, page.links["next"]["url"])
        assert page.status_code == 200
        found |= {person["username"] for person in page.json()["people"]}
    assert names <= found


def test_docs_bring_all_they_need(proxied: httpx.Client) -> None:
    page = proxied.get("/docs")
    document = followed(proxied, page, "openapi.json")
    references = re.findall(r'(?:src|href|data-document)="([^"]*)"', page.text)
    references += re.findall(r"\]\(([^)]*)\)", document.json()["info"]["description"])
    answers = [followed(proxied, page, reference) for reference in references]
    assert {"docs", "metrics", "swagger/swagger-ui-bundle.js"} <= set(references)
    assert {answer.url.path: answer.status_code for answer in answers if answer.status_code != 200} == {}
    assert {answer.url.path.startswith(f"{PREFIX}/") for answer in answers} == {True}


def test_description_leads_to_the_service(proxied: httpx.Client, ada: LoggedIn) -> None:
    document = proxied.get("/openapi.json").json()
    base = document["servers"][0]["url"]
    assert proxied.get(f"{base}/api/v1/health").json() == {"status": "ok"}
    flow = document["components"]["securitySchemes"]["Bearer"]["flows"]["password"]
    form = {"username": ada.account["email"], "password": PASSWORD}
    assert proxied.post(flow["tokenUrl"], data=form).json().keys() >= {"access_token", "token_type"}


@pytest.mark.parametrize(
    ("path", "status"), [("/hello/J0hn", 400), ("/hello/John/x", 404), ("/nope", 404), ("/hello/", 400)]
)
def test_instance_of_a_problem_is_the_path_that_was_asked(
    proxied: httpx.Client, path: str, status: int
) -> None:
    problem = proxied.get(path)
    assert problem.status_code == status
    assert problem.json()["instance"] == problem.url.path == PREFIX + path


def test_wrong_method_names_those_of_the_path(proxied: httpx.Client) -> None:
    answer = proxied.post("/hello/John")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "DELETE, GET, HEAD, PUT")
