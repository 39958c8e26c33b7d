"""What processes log at level info: enough to find a request, and nothing about people."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from uuid import uuid4

import httpx
import orjson
import pytest

from hello.connectors.embedded.servers import Servers
from tests.support.builders import a_name
from tests.support.http.accounts import USERS, LoggedIn, log_in, log_out, refresh, register
from tests.support.http.birthdays import LIST_PATHS, born, save_birthday
from tests.support.http.items import ITEMS
from tests.support.http.orders import ADMIN_TOKEN, ORDERS, SETTINGS
from tests.support.http.running import Running, places, running_api, started
from tests.support.http.search import SEARCH, SUGGEST
from tests.support.polling import until

pytestmark = pytest.mark.external
ADDRESS = "203.0.113.77"
CALLER = "0af7651916cd43dd8448eb211c80319c"
SILENT = f"00-{CALLER}-b7ad6b7169203331-00"
NEVER_EXPORTED = "http://127.0.0.1:9"
LOGS = {
    "LOG_FORMAT": "json",
    "LOG_LEVEL": "info",
    "SLOW_QUERY_S": "0.000001",
    "SLOW_QUERY_PLAN": "on",
    "ORDER_CONFIRM_DELAY_S": "0",
    "ORDER_SHIP_DELAY_S": "0",
    "TRUSTED_PROXIES": "127.0.0.1",
}


@dataclass(frozen=True, slots=True)
class Logging:
    api: Running
    worker: Running
    client: httpx.Client
    is_traced: bool

    def lines(self) -> list[str]:
        return [*self.api.printed, *self.worker.printed]

    def request_line(self, request_id: str) -> dict[str, object]:
        found: list[dict[str, object]] = []

        def is_logged() -> bool:
            events = map(orjson.loads, list(self.api.printed))
            found[:] = [one for one in events if one.get("request_id") == request_id and "route" in one]
            return bool(found)

        until(is_logged)
        return found[0]


@pytest.fixture(scope="module", params=["traced", "untraced"])
def logging(request: pytest.FixtureRequest, servers: Servers) -> Iterator[Logging]:
    """Log every statement and its plan as well. The collector of traces is away, which must not matter."""
    settings, is_traced = SETTINGS | LOGS | {"EVENTS_TOPIC": f"test.{a_name()}"}, request.param == "traced"
    if is_traced:
        settings |= {"OTEL_EXPORTER_OTLP_ENDPOINT": NEVER_EXPORTED, "TRACING_SAMPLE": "1"}
    with ExitStack() as stack:
        api = stack.enter_context(running_api(servers, **settings))
        worker = stack.enter_context(started("worker", "--port", "0", environment=places(servers) | settings))
        client = stack.enter_context(
            httpx.Client(base_url=api.url, headers={"X-Forwarded-For": ADDRESS}, timeout=20)
        )
        yield Logging(api, worker, client, is_traced)


@pytest.mark.parametrize(("path", "route"), [("/hello/{}", "/hello/{username}"), (ORDERS, ORDERS)])
def test_line_of_a_request_says_what_was_asked_and_how_it_went(
    logging: Logging, path: str, route: str
) -> None:
    name = a_name()
    save_birthday(logging.client, name, born(3))
    answer = logging.client.get(path.format(name), headers={"X-Request-Id": f"id-{name}"})
    line = logging.request_line(f"id-{name}")
    assert (line["method"], line["route"], line["status"]) == ("GET", route, answer.status_code)
    assert isinstance(line["duration_ms"], float)
    assert ("trace_id" in line) == logging.is_traced


def test_line_has_the_trace_of_a_caller_who_does_not_record_it(logging: Logging) -> None:
    name = a_name()
    logging.client.get(ORDERS, headers={"X-Request-Id": f"id-{name}", "traceparent": SILENT})
    assert logging.request_line(f"id-{name}")["trace_id"] == CALLER


def test_slow_query_names_the_request_that_waited_for_it(logging: Logging) -> None:
    """Ask again and again, since not every slow query has a line. A list of one owner's items is no batch."""
    headers = {"X-Request-Id": f"slow-{a_name()}"}

    def is_logged() -> bool:
        logging.client.get(ITEMS, params={"owner_id": str(uuid4())}, headers=headers)
        events = map(orjson.loads, list(logging.api.printed))
        names = {one.get("request_id") for one in events if one["event"] == "slow query"}
        return headers["X-Request-Id"] in names

    until(is_logged)


def test_nothing_about_people_is_logged(logging: Logging) -> None:
    personal = live(logging.client)
    until(lambda: any('"plan of a slow query"' in line for line in logging.lines()))
    until(lambda: any('"slow query"' in line for line in logging.worker.printed))
    shown = [text for text in personal for line in logging.lines() if text.lower() in line.lower()]
    assert shown == []


def live(client: httpx.Client) -> list[str]:
    """Do all that people do, also what is refused; return what must not be in a log."""
    secret = a_name()
    email, password = f"mail{secret}@example.com", f"pass word {secret}"
    full_name, title, user = f"Full {secret}", f"Title {secret}", f"User{secret}"
    for _ in range(2):
        register(client, email, password, full_name)
    log_in(client, email, f"wrong {secret}")
    answer = log_in(client, email, password)
    assert answer.status_code == 200, answer.text
    session = LoggedIn(register(client, f"x{email}", password).json(), answer.json())
    birthdays(client, user, secret)
    buy(client, session.headers, title, user)
    for path in (SEARCH, SUGGEST):
        assert client.get(path, params={"q": title}).status_code == 200
    renewed = refresh(client, session.refresh_token).json()
    log_out(client, renewed["refresh_token"], session.headers)
    tokens = [session.refresh_token, renewed["access_token"], session.tokens["access_token"]]
    return [secret, email, password, full_name, title, user, ADDRESS, ADMIN_TOKEN, *tokens]


def birthdays(client: httpx.Client, user: str, secret: str) -> None:
    admin = {"Authorization": f"Bearer {ADMIN_TOKEN}", "Content-Type": "text/csv"}
    csv = f"username,dateOfBirth\nImport{secret},1990-05-17\nBroken{secret},yesterday\n"
    for value in (born(0), f"day{secret}", None):
        save_birthday(client, user, value)
    for path in (f"/hello/{user}", f"/hello/Not{user}", f"/hello/{user}?time_zone={secret}", *LIST_PATHS):
        client.get(path)
    client.post("/api/v1/birthdays/import", content=csv, headers=admin)
    client.delete(f"/hello/Not{user}")
    client.get(f"/nothing/{secret}", headers={"User-Agent": secret, "Authorization": f"Bearer {secret}"})


def buy(client: httpx.Client, headers: dict[str, str], title: str, user: str) -> None:
    """The order is a gift, so its events carry the name to the worker."""
    item = client.post(
        ITEMS, json={"title": title, "description": title, "price_cents": 5}, headers=headers
    ).json()
    client.put(f"{ITEMS}/{item['id']}", json={"title": f"{title} 2", "price_cents": 5}, headers=headers)
    order = {"lines": [{"item_id": item["id"], "quantity": 1}], "recipient": user}
    created = client.post(ORDERS, json=order, headers=headers | {"Idempotency-Key": title.replace(" ", "-")})
    assert created.status_code == 201, created.text
    until(lambda: gifts_of(client, user) == 1)
    client.post(ORDERS, json=order | {"recipient": f"Not{user}"}, headers=headers)
    assert client.get(f"{USERS}/me", headers=headers).status_code == 200


def gifts_of(client: httpx.Client, user: str) -> int:
    answer = client.get(f"/api/v1/recipients/{user}", headers={"Authorization": f"Bearer {ADMIN_TOKEN}"})
    return int(answer.json()["gifts_received"])
