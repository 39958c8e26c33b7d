"""What browsers are told: which other sites' pages may use the API, and what not to do with any answer."""

import socket
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from hello.connectors.embedded.servers import Servers
from tests.support.builders import a_name
from tests.support.http.accounts import PASSWORD, USERS, LoggedIn, client_of
from tests.support.http.messages import JSON, assert_problem
from tests.support.http.running import Running, running_api, started

pytestmark = pytest.mark.external
ITEMS = "/api/v1/items"
KITE: dict[str, Any] = {"title": "A kite"}
OURS, ANOTHER = "https://gifts.example", "https://evil.example"
NOWHERE = {
    "DATABASE_URL": "postgresql://hello:hello@127.0.0.1:1/hello",
    "PUBLIC_URL": "https://gifts.example",
}
SECURITY = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Strict-Transport-Security": "max-age=31536000",
}


SAFELISTED = {"cache-control", "content-length", "content-type", "last-modified"}  # of the Fetch Standard
NOT_FOR_PAGES = {
    "accept-ranges",
    "content-encoding",
    "content-security-policy",
    "date",
    "transfer-encoding",
    "vary",
}


@pytest.fixture(scope="module")
def api(servers: Servers) -> Iterator[Running]:
    origins = f"{OURS}, http://localhost:3000"
    with running_api(
        servers, CORS_ORIGINS=origins, RATE_LIMIT_ITEMS="1000/day", PUBLIC_URL="https://gifts.example"
    ) as api:
        yield api


@pytest.fixture(scope="module")
def client(api: Running) -> Iterator[httpx.Client]:
    with client_of(api) as client:
        yield client


@pytest.fixture(scope="module")
def plain() -> Iterator[httpx.Client]:
    """A process without `CORS_ORIGINS`, and without a database."""
    with started("api", "--port", "0", environment=NOWHERE) as api, client_of(api) as client:
        yield client


def preflight(client: httpx.Client, path: str, origin: str, method: str, headers: str = "") -> httpx.Response:
    asked = {"Origin": origin, "Access-Control-Request-Method": method}
    if headers:
        asked["Access-Control-Request-Headers"] = headers
    return client.options(path, headers=asked)


def allowed(answer: httpx.Response) -> str | None:
    found: str | None = answer.headers.get("Access-Control-Allow-Origin")
    return found


def test_cors_is_off_by_default(plain: httpx.Client) -> None:
    refused = preflight(plain, ITEMS, OURS, "GET")
    assert_problem(refused, 405)
    simple = plain.get("/api/v1/health", headers={"Origin": OURS})
    for answer in (refused, simple):
        assert not [name for name in answer.headers if name.startswith("access-control-")]


@pytest.mark.parametrize("origin", [OURS, "http://localhost:3000"])
@pytest.mark.parametrize(
    ("path", "method", "headers"),
    [
        (ITEMS, "POST", "authorization, content-type"),
        (f"{ITEMS}/x", "PUT", "authorization,content-type,if-match"),
        (f"{ITEMS}/x", "DELETE", "if-match"),
        ("/hello/John", "PUT", "content-type"),
        ("/hello/John", "GET", "x-request-id"),
    ],
)
def test_preflight_of_an_allowed_origin_is_answered(
    client: httpx.Client, origin: str, path: str, method: str, headers: str
) -> None:
    answer = preflight(client, path, origin, method, headers)
    assert (answer.status_code, allowed(answer)) == (200, origin)
    assert method in answer.headers["Access-Control-Allow-Methods"]
    names = {name.strip().lower() for name in answer.headers["Access-Control-Allow-Headers"].split(",")}
    assert set(headers.replace(" ", "").split(",")) <= names
    assert "Origin" in answer.headers["Vary"]


def test_a_preflight_allows_every_header_of_the_description(client: httpx.Client) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    parameters = [
        (path, method.upper(), parameter["name"])
        for path, operations in paths.items()
        for method, operation in operations.items()
        for parameter in operation.get("parameters", ())
        if parameter["in"] == "header"
    ]
    assert {"idempotency-key", "last-event-id"} <= {name.lower() for _, _, name in parameters}
    for path, method, name in parameters:
        answer = preflight(client, path, OURS, method, f"{name}, traceparent, x-request-id")
        assert (answer.status_code, allowed(answer)) == (200, OURS), name


@pytest.mark.parametrize(
    "origin", [ANOTHER, "null", f"{OURS}.evil.example", "http://gifts.example", f"{OURS}:8443"]
)
def test_preflight_of_another_origin_is_refused(client: httpx.Client, origin: str) -> None:
    answer = preflight(client, ITEMS, origin, "GET")
    assert allowed(answer) is None
    assert answer.status_code == 400


@pytest.mark.parametrize("path", [ITEMS, "/hello/John", "/api/v1/birthdays/today"])
def test_only_allowed_origins_may_read_responses(client: httpx.Client, path: str) -> None:
    """The fast path included, which would know nothing of it: it is off then."""
    ours = client.get(path, headers={"Origin": OURS})
    assert allowed(ours) == OURS
    assert "Origin" in ours.headers["Vary"]
    exposed = {name.strip() for name in ours.headers["Access-Control-Expose-Headers"].split(",")}
    assert {"ETag", "Link", "Location", "RateLimit", "Retry-After", "X-Request-ID"} <= exposed
    assert "Access-Control-Allow-Credentials" not in ours.headers
    assert allowed(client.get(path, headers={"Origin": ANOTHER})) is None
    assert allowed(client.get(path)) is None


def test_allowed_origins_may_read_problems(client: httpx.Client) -> None:
    for path, status in ((f"{ITEMS}/x", 400), ("/nope", 404), (f"{USERS}/me", 401)):
        answer = client.get(path, headers={"Origin": OURS})
        assert_problem(answer, status)
        assert allowed(answer) == OURS


def test_a_refused_preflight_is_a_problem(client: httpx.Client) -> None:
    for origin, method in ((ANOTHER, "GET"), (OURS, "PATCH")):
        assert_problem(preflight(client, ITEMS, origin, method), 400)


def assert_may_be_read(answer: httpx.Response) -> None:
    """Say which headers a page of another origin would not see."""
    exposed = {name.strip().lower() for name in answer.headers["Access-Control-Expose-Headers"].split(",")}
    hidden = set(answer.headers) - exposed - SAFELISTED - NOT_FOR_PAGES - {name.lower() for name in SECURITY}
    assert not {name for name in hidden if not name.startswith("access-control-")}


def assert_safe(answer: httpx.Response, status: int) -> None:
    assert answer.status_code == status
    for name, value in SECURITY.items():
        assert answer.headers.get_list(name) == [value]
    assert "Server" not in answer.headers
    assert answer.headers.get_list("X-Request-ID")


def not_modified(client: httpx.Client, headers: dict[str, str]) -> httpx.Response:
    item = client.post(ITEMS, json=KITE, headers=headers)
    return client.get(item.headers["Location"], headers={"If-None-Match": item.headers["ETag"]})


def stale(client: httpx.Client, headers: dict[str, str]) -> httpx.Response:
    item = client.post(ITEMS, json=KITE, headers=headers)
    return client.delete(item.headers["Location"], headers=headers | {"If-Match": '"0"'})


def taken(client: httpx.Client, headers: dict[str, str]) -> httpx.Response:
    email = client.get(f"{USERS}/me", headers=headers).json()["email"]
    body = {"email": email, "password": PASSWORD, "full_name": "Eve"}
    return client.post(f"{USERS}/register", json=body)


Ask = Callable[[httpx.Client, dict[str, str]], httpx.Response]
ANSWERS: dict[str, tuple[int, Ask]] = {
    "json": (200, lambda c, _: c.get(ITEMS)),
    "head": (200, lambda c, _: c.head(ITEMS)),
    "text": (200, lambda c, _: c.get("/metrics")),
    "html": (200, lambda c, _: c.get("/docs")),
    "a script": (200, lambda c, _: c.get("/swagger/swagger-ui-bundle.js")),
    "openapi": (200, lambda c, _: c.get("/openapi.json")),
    "a stream": (200, lambda c, _: c.get("/api/v1/birthdays/calendar.ics?days=1")),
    "created": (201, lambda c, h: c.post(ITEMS, json=KITE, headers=h)),
    "no content": (204, lambda c, _: c.put(f"/hello/{a_name()}", json={"dateOfBirth": "1990-05-17"})),
    "not modified": (304, not_modified),
    "invalid": (400, lambda c, _: c.get(f"{ITEMS}?limit=0")),
    "unauthorized": (401, lambda c, _: c.get(f"{USERS}/me")),
    "forbidden": (403, lambda c, h: c.get("/api/v1/audit", headers=h)),
    "not found": (404, lambda c, _: c.get("/nope")),
    "method": (405, lambda c, _: c.patch(ITEMS)),
    "conflict": (409, taken),
    "stale": (412, stale),
    "too large": (413, lambda c, h: c.post(ITEMS, json={"title": "x" * 2**20}, headers=h)),
    "type": (415, lambda c, h: c.post(ITEMS, content=b"x", headers=h | {"Content-Type": "text/csv"})),
    "preflight": (200, lambda c, _: preflight(c, ITEMS, OURS, "GET")),
}


@pytest.mark.parametrize("kind", ANSWERS)
def test_every_kind_of_answer_has_security_headers(client: httpx.Client, ada: LoggedIn, kind: str) -> None:
    status, ask = ANSWERS[kind]
    assert_safe(ask(client, ada.headers), status)


@pytest.mark.parametrize("kind", sorted(set(ANSWERS) - {"preflight"}))
def test_every_header_of_every_kind_of_answer_is_exposed(api: Running, ada: LoggedIn, kind: str) -> None:
    with client_of(api, Origin=OURS) as page:
        assert_may_be_read(ANSWERS[kind][1](page, ada.headers))


def test_fast_path_answers_and_errors_have_security_headers(plain: httpx.Client) -> None:
    assert_safe(plain.put("/hello/J0hn", content=b"{}", headers=JSON), 400)
    assert_safe(plain.get("/hello/John"), 500)
    assert_safe(plain.get(ITEMS), 503)
    assert_safe(plain.get("/api/v1/health/ready"), 503)


def test_answer_to_malformed_http_has_security_headers(api: Running) -> None:
    place = urlsplit(api.url)
    with socket.create_connection((place.hostname or "", place.port or 0), timeout=10) as connection:
        connection.sendall(b"hello, John\r\n\r\n")
        head = (
            b"".join(iter(lambda: connection.recv(1 << 16), b"")).partition(b"\r\n\r\n")[0].decode().lower()
        )
    for name, value in SECURITY.items():
        assert f"\r\n{name}: {value}".lower() in head
    assert "\r\nserver:" not in head
