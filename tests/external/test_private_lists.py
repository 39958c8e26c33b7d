"""BIRTHDAY_LISTS: with `accounts`, lists need a token, and a calendar program has the key of a feed."""

import asyncio
from collections.abc import Iterator
from itertools import chain
from time import monotonic, sleep

import asyncpg
import httpx
import pytest
from asyncpg import Record

from hello.connectors.embedded.servers import Servers
from tests.support.builders import a_name
from tests.support.http.accounts import PASSWORD, USERS, LoggedIn, bearer, client_of, log_out, signed_up
from tests.support.http.birthdays import CALENDAR, LIST_PATHS, born, save_birthday
from tests.support.http.messages import assert_problem
from tests.support.http.orders import ADMIN_TOKEN
from tests.support.http.running import Running, running_api
from tests.support.http.tokens import SECRET, claims_of, signed
from tests.support.servers import in_thread

pytestmark = pytest.mark.external
FEED = "/api/v1/users/me/calendar-feed"
LISTS = [*LIST_PATHS, CALENDAR]
SETTINGS = {"SECRET_KEY": SECRET, "ADMIN_TOKEN": ADMIN_TOKEN, "RATE_LIMIT_ACCOUNTS": "off"}
FAST_PATH = ["on", "off"]


@pytest.fixture(scope="module", params=FAST_PATH, ids=lambda fast_path: f"fast path {fast_path}")
def private_api(servers: Servers, request: pytest.FixtureRequest) -> Iterator[Running]:
    settings = SETTINGS | {"BIRTHDAY_LISTS": "accounts", "FAST_PATH": request.param, "LOG_LEVEL": "debug"}
    with running_api(servers, **settings) as api:
        yield api


@pytest.fixture(scope="module")
def private(private_api: Running) -> Iterator[httpx.Client]:
    with client_of(private_api) as client:
        yield client


@pytest.fixture(scope="module")
def ada(private: httpx.Client) -> LoggedIn:
    return signed_up(private)


@pytest.fixture(scope="module")
def public(servers: Servers) -> Iterator[httpx.Client]:
    with running_api(servers, **SETTINGS) as api, client_of(api) as client:
        yield client


def feed_of(client: httpx.Client, account: LoggedIn) -> str:
    """Make a feed; return its URL."""
    created = client.post(FEED, headers=account.headers)
    assert created.status_code == 201, created.text
    assert created.headers["Cache-Control"] == "no-store"
    return str(created.json()["url"])


def refused(answer: httpx.Response) -> None:
    assert_problem(answer, 401)
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("path", LISTS)
def test_private_list_without_a_good_token_is_401(private: httpx.Client, ada: LoggedIn, path: str) -> None:
    deleted = signed(claims_of("0198c5de-7a3b-7c1e-8f2a-3d4b5c6d7e8f"))
    expired = signed(claims_of(ada.id, exp=1, nbf=0, iat=0))
    for headers in ({}, bearer("x"), bearer(deleted), bearer(expired), bearer(ADMIN_TOKEN)):
        refused(private.get(path, headers=headers))
        refused(private.get(path, params={"days": "0", "limit": "0"}, headers=headers))
    refused(private.get(path, headers=bearer(ada.refresh_token)))


@pytest.mark.parametrize("path", LIST_PATHS)
def test_private_list_that_is_cached_stays_closed(private: httpx.Client, ada: LoggedIn, path: str) -> None:
    for _ in range(3):
        assert private.get(path, headers=ada.headers).status_code == 200
    refused(private.get(path))
    assert private.head(path).status_code == 401


@pytest.mark.parametrize("path", LIST_PATHS)
def test_private_list_is_for_no_shared_cache(private: httpx.Client, ada: LoggedIn, path: str) -> None:
    name = a_name()
    assert save_birthday(private, name, born(0)).status_code == 204
    assert save_birthday(private, a_name(), born(1)).status_code == 204
    for answer in (private.get(path, headers=ada.headers), private.get(path)):
        assert answer.headers["Cache-Control"] == "private"
        assert answer.headers["Vary"] == "Authorization"


def test_private_pages_lead_on(private: httpx.Client, ada: LoggedIn) -> None:
    for _ in range(2):
        save_birthday(private, a_name(), born(0))
    page = private.get(LIST_PATHS[0], params={"limit": 1}, headers=ada.headers)
    refused(private.get(page.links["next"]["url"]))
    assert private.get(page.links["next"]["url"], headers=ada.headers).status_code == 200


def test_calendar_is_read_with_a_key_or_a_token(
    private_api: Running, private: httpx.Client, ada: LoggedIn
) -> None:
    name = a_name()
    save_birthday(private, name, born(0))
    url = feed_of(private, ada)
    assert url.startswith(f"{private_api.url}{CALENDAR}?key=")
    by_key, by_token = private.get(url), private.get(CALENDAR, headers=ada.headers)
    assert name in by_key.text
    assert by_key.content == by_token.content
    for answer in (by_key, by_token):
        assert answer.headers["Cache-Control"] == "private, max-age=300"
        assert {"Accept-Encoding", "Authorization"} <= set(answer.headers["Vary"].split(", "))
    poll = private.get(url, headers={"If-None-Match": by_key.headers["ETag"]})
    assert (poll.status_code, poll.headers["Cache-Control"]) == (304, "private, max-age=300")
    assert private.head(url).status_code == 200


def test_key_opens_the_calendar_only(private: httpx.Client, ada: LoggedIn) -> None:
    key = httpx.URL(feed_of(private, ada)).params["key"]
    for path in (*LIST_PATHS, "/api/v1/users/me"):
        refused(private.get(path, params={"key": key}))
        refused(private.get(path, headers=bearer(key)))
    refused(private.get(CALENDAR, headers=bearer(key)))


def test_bad_token_is_401_beside_a_good_key(private: httpx.Client, ada: LoggedIn) -> None:
    refused(private.get(feed_of(private, ada), headers=bearer("x")))


@pytest.mark.parametrize("key", ["", "x", "%00", "%FF", "%C3%A4", "x" * 2000])
def test_wrong_key_is_401_and_not_repeated(private: httpx.Client, key: str) -> None:
    answer = private.get(f"{CALENDAR}?days=0&key={key}")
    refused(answer)
    assert answer.json()["instance"] == CALENDAR


def test_new_feed_revokes_the_former_one(private: httpx.Client, ada: LoggedIn) -> None:
    other = feed_of(private, signed_up(private))
    first, second = (feed_of(private, ada) for _ in range(2))
    refused(private.get(first))
    assert [private.get(url).status_code for url in (second, other)] == [200, 200]


def test_revoked_feed_is_401_at_once(private: httpx.Client, ada: LoggedIn) -> None:
    url = feed_of(private, ada)
    assert private.get(url).status_code == 200
    for _ in range(2):
        assert private.delete(FEED, headers=ada.headers).status_code == 204
    refused(private.get(url))
    refused(private.get(url, headers={"If-None-Match": "*"}))


def test_feed_outlives_the_session(private: httpx.Client) -> None:
    grace = signed_up(private)
    url = feed_of(private, grace)
    assert log_out(private, grace.refresh_token, grace.headers).status_code == 204
    assert private.get(url).status_code == 200


def test_feed_of_an_account_whose_password_was_changed_is_401(private: httpx.Client) -> None:
    account = signed_up(private)
    url = feed_of(private, account)
    body = {"current_password": PASSWORD, "new_password": f"{PASSWORD} staple"}
    changed = private.put(f"{USERS}/me/password", json=body, headers=account.headers)
    assert changed.status_code == 204
    refused(private.get(url))


def test_feed_of_a_deleted_account_is_401(private: httpx.Client, servers: Servers) -> None:
    grace = signed_up(private)
    url = feed_of(private, grace)
    rows(servers, "DELETE FROM accounts WHERE id = $1", grace.id)
    refused(private.get(url))


def test_key_is_neither_stored_nor_logged_nor_measured(
    private_api: Running, private: httpx.Client, ada: LoggedIn, servers: Servers
) -> None:
    url = feed_of(private, ada)
    key = httpx.URL(url).params["key"]
    for request in (url, f"{url}&days=0", f"{CALENDAR}?key={key}x"):
        assert key not in private.get(request).text
    audit = private.get("/api/v1/audit", params={"subject_id": ada.id}, headers=bearer(ADMIN_TOKEN))
    assert "calendar_feed.created" in audit.text
    stored = str(rows(servers, "SELECT * FROM calendar_feeds WHERE account_id = $1", ada.id))
    assert ada.id in stored
    marker = a_name()
    private.get(CALENDAR, headers={"X-Request-ID": marker})
    for place in (log_with(private_api, marker), private.get("/metrics").text, audit.text, stored):
        assert key not in place


def rows(servers: Servers, statement: str, *values: object) -> list[Record]:
    async def fetch() -> list[Record]:
        connection = await asyncpg.connect(servers.database_url)
        try:
            return list(await connection.fetch(statement, *values))
        finally:
            await connection.close()

    return in_thread(lambda: asyncio.run(fetch()))


def log_with(api: Running, marker: str) -> str:
    """Return what the process has logged, once it has logged the marker."""
    end = monotonic() + 10
    while marker not in (log := "".join(api.printed)):
        assert monotonic() < end
        sleep(0.01)
    return log


def test_limit_counts_before_keys_are_looked_up(servers: Servers) -> None:
    """Counted in the process: in Redis they would count for other tests of the address as well."""
    settings = {"BIRTHDAY_LISTS": "accounts", "RATE_LIMIT_BIRTHDAYS": "3/hour", "REDIS_URL": ""}
    with running_api(servers, **SETTINGS, **settings) as api, client_of(api) as client:
        statuses = [client.get(CALENDAR, params={"key": "x"}).status_code for _ in range(5)]
    assert statuses.count(429) == 2


def test_link_of_a_part_carries_the_key_and_the_public_url_leads(servers: Servers) -> None:
    settings = {
        "BIRTHDAY_LISTS": "accounts",
        "CALENDAR_EVENTS": "1",
        "PUBLIC_URL": "https://hello.example/gifts",
    }
    with running_api(servers, **SETTINGS, **settings) as api, client_of(api) as client:
        for _ in range(2):
            save_birthday(client, a_name(), born(0))
        url = feed_of(client, signed_up(client))
        assert url.startswith("https://hello.example/gifts/api/v1/birthdays/calendar.ics?key=")
        first = client.get(url.removeprefix("https://hello.example"))
        second = client.get(first.links["next"]["url"])
        assert [first.status_code, second.status_code] == [200, 200]
        assert first.content != second.content


@pytest.mark.parametrize("path", LISTS)
def test_public_list_needs_no_token(public: httpx.Client, path: str) -> None:
    for headers in ({}, bearer("x")):
        answer = public.get(path, headers=headers)
        assert answer.status_code == 200
        assert "private" not in answer.headers.get("Cache-Control", "")
        assert "Authorization" not in answer.headers.get("Vary", "")


def test_feed_works_where_lists_are_public(public: httpx.Client) -> None:
    account = signed_up(public)
    url = feed_of(public, account)
    assert public.get(url).status_code == 200
    assert public.delete(FEED, headers=account.headers).status_code == 204


def test_hello_is_open_where_lists_are_private(private: httpx.Client) -> None:
    name = a_name()
    assert save_birthday(private, name, born(0)).status_code == 204
    assert private.get(f"/hello/{name}").status_code == 200
    assert private.delete(f"/hello/{name}").status_code == 204


def test_description_says_what_private_lists_need(private: httpx.Client, public: httpx.Client) -> None:
    schemes = {path: security(private, path) for path in LISTS}
    assert schemes == {path: {"Bearer"} for path in LIST_PATHS} | {CALENDAR: {"Bearer", "CalendarFeed"}}
    assert {path: security(public, path) for path in LISTS} == {path: set() for path in LISTS}
    answers = private.get("/openapi.json").json()["paths"]
    assert all("401" in answers[path]["get"]["responses"] for path in LISTS)


def security(client: httpx.Client, path: str) -> set[str]:
    document = client.get("/openapi.json").json()
    return set(chain.from_iterable(document["paths"][path]["get"]["security"]))
