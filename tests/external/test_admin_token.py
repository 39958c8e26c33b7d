"""Every use of `ADMIN_TOKEN` is in the audit trail before its effect; so are imports and exports."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import asyncpg
import httpx
import pytest

from hello.connectors.embedded.servers import Servers
from tests.support.builders import a_name
from tests.support.http.accounts import bearer, client_of, signed_up
from tests.support.http.messages import assert_problem
from tests.support.http.orders import ADMIN_TOKEN, SETTINGS
from tests.support.http.raw import connected
from tests.support.http.running import Running, running_api
from tests.support.http.tokens import claims_of, signed
from tests.support.polling import until
from tests.support.servers import WORKER, with_own_database

pytestmark = pytest.mark.external
AUDIT, IMPORT, EXPORT = "/api/v1/audit", "/api/v1/birthdays/import", "/api/v1/birthdays/export"
BREAK_GLASS, NDJSON = bearer(ADMIN_TOKEN), {"Content-Type": "application/x-ndjson"}
REFUSE_ENTRIES = """
CREATE TRIGGER no_entries BEFORE INSERT ON audit FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
"""
METRIC = "admin_tokens_refused_total"


@pytest.fixture(scope="module")
async def own_servers(servers: Servers) -> Servers:
    """Use an own database: these tests look at its newest entries, and forbid new ones."""
    return await with_own_database(servers, f"hello_admin_token_{WORKER}")


@pytest.fixture(scope="module")
def api(own_servers: Servers) -> Iterator[Running]:
    with running_api(own_servers, **SETTINGS) as api:
        yield api


@pytest.fixture(scope="module")
def client(api: Running) -> Iterator[httpx.Client]:
    with client_of(api) as client:
        yield client


@pytest.fixture(scope="module")
def admin(client: httpx.Client) -> tuple[str, dict[str, str]]:
    """An administrator with an account: the id, and headers whose use to read the trail is no entry."""
    account = signed_up(client).id
    return account, bearer(signed(claims_of(account, role="admin")))


def entries_of(
    client: httpx.Client, admin: tuple[str, dict[str, str]], request_id: str
) -> list[dict[str, Any]]:
    """Return what is recorded of the request, the oldest first."""
    found = client.get(AUDIT, params={"limit": 100}, headers=admin[1]).json()["entries"]
    return [entry for entry in found[::-1] if entry["details"].get("request_id") == request_id]


def lines(*names: str) -> str:
    return "\n".join(json.dumps({"username": name, "dateOfBirth": "1990-05-17"}) for name in names)


@pytest.mark.parametrize(
    ("path", "route"),
    [
        (EXPORT, EXPORT),
        (AUDIT, AUDIT),
        (f"{AUDIT}?limit=0", AUDIT),
        ("/api/v1/recipients/John", "/api/v1/recipients/{username}"),
    ],
)
def test_use_of_the_admin_token_is_audited_with_its_route(
    client: httpx.Client, admin: tuple[str, dict[str, str]], path: str, route: str
) -> None:
    answer = client.get(path, headers=BREAK_GLASS)
    request_id = answer.headers["X-Request-ID"]
    [entry] = entries_of(client, admin, request_id)
    assert (entry["action"], entry["actor_id"]) == ("admin_token.used", None)
    expected = {"by": "admin token", "method": "GET", "route": route, "request_id": request_id}
    assert entry["details"] == expected


@pytest.mark.parametrize("is_token", [True, False])
def test_import_is_audited_before_it_starts_and_with_its_counts(
    client: httpx.Client, admin: tuple[str, dict[str, str]], *, is_token: bool
) -> None:
    headers = (BREAK_GLASS if is_token else admin[1]) | NDJSON
    answer = client.post(IMPORT, content=lines(a_name(), "J0hn", a_name()), headers=headers)
    used, imported = entries_of(client, admin, answer.headers["X-Request-ID"])
    assert used["action"] == ("admin_token.used" if is_token else "admin_account.used")
    assert imported["action"] == "people.imported"
    assert (imported["details"]["accepted"], imported["details"]["rejected"]) == (2, 1)
    assert {used["actor_id"], imported["actor_id"]} == {None if is_token else admin[0]}
    assert used["subject_id"] == imported["subject_id"]
    found = client.get(AUDIT, params={"subject_id": used["subject_id"]}, headers=admin[1]).json()["entries"]
    assert found == [imported, used]


def test_import_without_a_valid_line_is_audited_with_its_counts(
    client: httpx.Client, admin: tuple[str, dict[str, str]]
) -> None:
    answer = client.post(IMPORT, content=lines("J0hn"), headers=BREAK_GLASS | NDJSON)
    assert_problem(answer, 400)
    _, imported = entries_of(client, admin, answer.headers["X-Request-ID"])
    assert (imported["details"]["accepted"], imported["details"]["rejected"]) == (0, 1)


def test_export_by_an_account_is_recorded_and_reading_the_trail_is_not(
    client: httpx.Client, admin: tuple[str, dict[str, str]]
) -> None:
    exported = client.get(EXPORT, headers=admin[1]).headers["X-Request-ID"]
    read = client.get(AUDIT, headers=admin[1]).headers["X-Request-ID"]
    [entry] = entries_of(client, admin, exported)
    assert (entry["action"], entry["actor_id"]) == ("admin_account.used", admin[0])
    assert entries_of(client, admin, read) == []


def test_wrong_token_is_counted_and_no_entry(
    api: Running, client: httpx.Client, admin: tuple[str, dict[str, str]]
) -> None:
    newest = client.get(AUDIT, headers=admin[1]).json()["entries"]
    before = refused(client)
    for _ in range(20):
        assert_problem(client.get(EXPORT, headers=bearer(ADMIN_TOKEN + ".")), 401)
    assert_problem(client.get(EXPORT), 401)
    assert refused(client) == before + 20
    assert client.get(AUDIT, headers=admin[1]).json()["entries"] == newest
    until(lambda: any("token refused" in line for line in api.printed))
    assert sum("token refused" in line for line in api.printed) < 20
    assert not any(ADMIN_TOKEN in line for line in api.printed)


def refused(client: httpx.Client) -> float:
    rows = client.get("/metrics").text.splitlines()
    return float(next(row.split()[1] for row in rows if row.startswith(f"{METRIC} ")))


@pytest.fixture
async def refused_entries(own_servers: Servers) -> AsyncIterator[None]:
    connection = await asyncpg.connect(own_servers.database_url)
    try:
        await connection.execute(REFUSE_ENTRIES)
        yield
    finally:
        await connection.execute("DROP TRIGGER IF EXISTS no_entries ON audit")
        await connection.close()


@pytest.mark.usefixtures("refused_entries")
@pytest.mark.parametrize("is_token", [True, False])
def test_admin_action_is_500_without_an_audit_entry(
    client: httpx.Client, admin: tuple[str, dict[str, str]], *, is_token: bool
) -> None:
    name, headers = a_name(), BREAK_GLASS if is_token else admin[1]
    assert_problem(client.post(IMPORT, content=lines(name), headers=headers | NDJSON), 500)
    assert_problem(client.get(f"/hello/{name}"), 404)
    assert_problem(client.get(EXPORT, headers=headers), 500)
    if is_token:
        assert_problem(client.get(AUDIT, headers=headers), 500)


async def test_import_of_a_process_that_is_killed_is_recorded(own_servers: Servers) -> None:
    """Half of the body has been sent: no line is read to its end, and the entry is there already."""
    connection = await asyncpg.connect(own_servers.database_url)
    count = "SELECT count(*) FROM audit WHERE details->>'request_id' = 'killed-import'"
    head = (
        f"POST {IMPORT} HTTP/1.1\r\nHost: hello\r\nAuthorization: Bearer {ADMIN_TOKEN}\r\n"
        "Content-Type: application/x-ndjson\r\nContent-Length: 999\r\nX-Request-ID: killed-import\r\n\r\n"
    )
    try:
        with running_api(own_servers, **SETTINGS) as api, connected(api) as sock:
            sock.sendall(head.encode() + b'{"username": ')
            async with asyncio.timeout(20):
                while not await connection.fetchval(count):
                    assert api.process.poll() is None
            api.process.kill()
        assert await connection.fetchval(count) == 1
    finally:
        await connection.close()
