"""The audit trail: who may read it, what is in it, and that nothing of it is ever changed."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import chain
from typing import Any

import asyncpg
import httpx
import pytest

from hello.connectors.embedded.servers import Servers
from tests.support.builders import a_name
from tests.support.http.accounts import (
    LoggedIn,
    bearer,
    log_out,
    refresh,
    register,
    signed_up,
    tokens_of,
)
from tests.support.http.messages import assert_problem
from tests.support.http.orders import ADMIN_TOKEN
from tests.support.http.tokens import claims_of, signed

pytestmark = pytest.mark.external
AUDIT, ITEMS = "/api/v1/audit", "/api/v1/items"
BREAK_GLASS = bearer(ADMIN_TOKEN)
KITE = {"title": "A kite", "description": "Flies in any wind.", "price_cents": 1999}


@pytest.fixture(scope="module")
def client(unlimited: list[httpx.Client]) -> httpx.Client:
    return unlimited[0]


@pytest.fixture
def kite(client: httpx.Client, ada: LoggedIn) -> str:
    """The id of an item of Ada's."""
    return str(client.post(ITEMS, json=KITE, headers=ada.headers).json()["id"])


def read(client: httpx.Client, **params: str | int) -> dict[str, Any]:
    """Read it as an administrator with an account: the use of ADMIN_TOKEN would be an entry itself."""
    answer = client.get(AUDIT, params=params, headers=reader(client))
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json"), answer.text
    found: dict[str, Any] = answer.json()
    assert found.keys() == {"entries", "next_cursor"}
    return found


@cache
def reader(client: httpx.Client) -> dict[str, str]:
    return bearer(signed(claims_of(signed_up(client).id, role="admin")))


def entries(client: httpx.Client, subject_id: str) -> list[dict[str, Any]]:
    """Return what is noted of it, the oldest first."""
    found: list[dict[str, Any]] = read(client, subject_id=subject_id, limit=100)["entries"]
    for entry in found:
        assert entry.keys() == {"at", "actor_id", "action", "subject_id", "details"}
        assert entry["subject_id"] == subject_id
        assert entry["at"].endswith("Z")
        assert abs(datetime.fromisoformat(entry["at"]) - datetime.now(UTC)) < timedelta(minutes=5)
    return found[::-1]


def noted(client: httpx.Client, subject_id: str) -> list[tuple[str, str, dict[str, Any]]]:
    return [(entry["action"], entry["actor_id"], entry["details"]) for entry in entries(client, subject_id)]


def replace(client: httpx.Client, owner: LoggedIn, item: str, **content: object) -> httpx.Response:
    return client.put(f"{ITEMS}/{item}", json=KITE | content, headers=owner.headers)


def test_only_administrators_read_the_audit_trail(client: httpx.Client, ada: LoggedIn) -> None:
    assert_problem(client.get(AUDIT), 401)
    assert_problem(client.get(AUDIT, headers=ada.headers), 403)
    admin = bearer(signed(claims_of(ada.id, role="admin")))
    for headers in (admin, BREAK_GLASS):
        assert client.get(AUDIT, headers=headers).status_code == 200


def test_registration_is_in_the_audit_trail(client: httpx.Client) -> None:
    """Without the e-mail: the trail outlives an account."""
    account = signed_up(client)
    assert noted(client, account.id) == [("account.registered", account.id, {"role": "user"})]
    assert account.account["email"] not in client.get(AUDIT, headers=BREAK_GLASS).text


def test_changes_of_an_item_are_in_the_audit_trail(client: httpx.Client, ada: LoggedIn, kite: str) -> None:
    replace(client, ada, kite, price_cents=1499)
    replace(client, ada, kite, title="A big kite", description=None, price_cents=1499)
    client.delete(f"{ITEMS}/{kite}", headers=ada.headers)
    changed = {
        "title": {"from": "A kite", "to": "A big kite"},
        "description": {"from": "Flies in any wind.", "to": None},
    }
    assert noted(client, kite) == [
        ("item.created", ada.id, KITE),
        ("item.updated", ada.id, {"price_cents": {"from": 1999, "to": 1499}}),
        ("item.updated", ada.id, changed),
        ("item.deleted", ada.id, {"title": "A big kite"}),
    ]


def test_audit_trail_keeps_any_text_unchanged(client: httpx.Client, ada: LoggedIn, kite: str) -> None:
    title = "\\u0000 \N{PILE OF POO} '; DROP TABLE audit; -- {}\n%s :x"
    replace(client, ada, kite, title=title)
    assert entries(client, kite)[-1]["details"] == {"title": {"from": "A kite", "to": title}}


def test_end_of_a_session_is_in_the_audit_trail_once(client: httpx.Client) -> None:
    """Once, however often it is asked for."""
    account = signed_up(client)
    for _ in range(2):
        assert log_out(client, account.refresh_token, account.headers).status_code == 204
    [_, (action, actor, details)] = noted(client, account.id)
    assert (action, actor, [*details]) == ("session.ended", account.id, ["session_id"])


def test_reuse_of_a_refresh_token_is_in_the_audit_trail(client: httpx.Client) -> None:
    """By the id of the session only: neither token nor hash is there."""
    account = signed_up(client)
    newest = refresh(client, account.refresh_token).json()["refresh_token"]
    assert refresh(client, newest).status_code == 200
    for _ in range(2):
        assert_problem(refresh(client, account.refresh_token), 401)
    [_, (action, actor, details)] = noted(client, account.id)
    assert (action, actor, [*details]) == ("session.revoked", account.id, ["session_id"])
    assert details["session_id"].replace("-", "") == newest.partition(".")[0]


def test_request_without_a_change_is_not_in_the_audit_trail(client: httpx.Client) -> None:
    account = signed_up(client)
    before = len(noted(client, account.id))
    tokens = tokens_of(client, account.account["email"])
    refresh(client, tokens["refresh_token"])
    client.get(f"{ITEMS}?owner_id={account.id}", headers=account.headers)
    assert len(noted(client, account.id)) == before


def test_refused_change_is_not_in_the_audit_trail(
    client: httpx.Client, ada: LoggedIn, grace: LoggedIn, kite: str
) -> None:
    newest = read(client, limit=1)["entries"]
    path, stale = f"{ITEMS}/{kite}", {"If-Match": '"9"'}
    assert replace(client, grace, kite, title="Mine").status_code == 403
    assert client.delete(path, headers=grace.headers).status_code == 403
    assert client.delete(path).status_code == 401
    assert client.delete(path, headers=ada.headers | stale).status_code == 412
    assert client.put(path, json=KITE, headers=ada.headers | stale).status_code == 412
    assert replace(client, ada, kite, title="").status_code == 400
    assert replace(client, ada, kite, owner_id=grace.id).status_code == 403
    assert client.post(ITEMS, json=KITE | {"owner_id": grace.id}, headers=ada.headers).status_code == 403
    assert register(client, ada.account["email"].swapcase()).status_code == 409
    assert log_out(client, ada.refresh_token, grace.headers).status_code == 401
    assert read(client, limit=1)["entries"] == newest
    assert [action for action, _, _ in noted(client, kite)] == ["item.created"]


def pages(client: httpx.Client, subject_id: str, limit: int) -> Iterator[list[dict[str, Any]]]:
    cursor: dict[str, str] = {}
    while True:
        found = read(client, subject_id=subject_id, limit=limit, **cursor)
        yield found["entries"]
        if found["next_cursor"] is None:
            return
        cursor = {"cursor": found["next_cursor"]}


@pytest.mark.parametrize(
    ("limit", "lengths"), [(2, [2, 2, 1]), (4, [4, 1]), (5, [5]), (100, [5]), (1, [1] * 5)]
)
def test_audit_cursors_lead_through_all_pages(
    client: httpx.Client, ada: LoggedIn, kite: str, limit: int, lengths: list[int]
) -> None:
    """What is added meanwhile moves nothing."""
    for price in range(4):
        replace(client, ada, kite, price_cents=price)
    whole, found = entries(client, kite)[::-1], []
    for page in pages(client, kite, limit):
        found.append(page)
        replace(client, ada, kite, title="Meanwhile")
    assert [len(page) for page in found] == lengths
    assert list(chain.from_iterable(found)) == whole


def test_audit_entries_come_newest_first(client: httpx.Client, ada: LoggedIn, kite: str) -> None:
    """Other tests add entries meanwhile."""
    replace(client, ada, kite, title="A big kite")
    newest = [entry for entry in read(client, limit=100)["entries"] if entry["subject_id"] == kite]
    assert newest == entries(client, kite)[::-1]
    times = [entry["at"] for entry in newest]
    assert times == sorted(times, reverse=True)
    assert len(read(client)["entries"]) <= 20


def test_forged_audit_cursor_is_400(client: httpx.Client, ada: LoggedIn, kite: str) -> None:
    replace(client, ada, kite, title="A big kite")
    cursor = read(client, limit=1)["next_cursor"]
    swapped = cursor[:-1] + ("A" if cursor[-1] != "A" else "B")
    for forged in (
        "",
        "x",
        "é",
        "\0",
        "MTAw",
        "-1",
        swapped,
        cursor[:-1],
        f"{cursor}=",
        f" {cursor}",
        cursor * 2,
    ):
        answer = client.get(AUDIT, params={"cursor": forged}, headers=BREAK_GLASS)
        assert [wrong["field"] for wrong in assert_problem(answer, 400)["errors"]] == ["cursor"]


def test_audit_cursor_of_another_list_is_400(client: httpx.Client, ada: LoggedIn, kite: str) -> None:
    birthdays = "/api/v1/birthdays/today"
    for _ in range(2):
        born = date(1996, *datetime.now(UTC).date().timetuple()[1:3])
        client.put(f"/hello/{a_name()}", json={"dateOfBirth": born.isoformat()})
    theirs = client.get(birthdays, params={"limit": 1}).json()["next_cursor"]
    assert_problem(client.get(AUDIT, params={"cursor": theirs}, headers=BREAK_GLASS), 400)
    replace(client, ada, kite, title="A big kite")
    ours = read(client, limit=1)["next_cursor"]
    assert_problem(client.get(birthdays, params={"cursor": ours}), 400)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("limit", "0"),
        ("limit", "101"),
        ("limit", ""),
        ("limit", "x"),
        ("subject_id", ""),
        ("subject_id", "x"),
    ],
)
def test_invalid_audit_query_is_400(client: httpx.Client, field: str, value: str) -> None:
    answer = client.get(AUDIT, params={field: value}, headers=BREAK_GLASS)
    assert [wrong["field"] for wrong in assert_problem(answer, 400)["errors"]] == [field]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_audit_trail_has_no_writing_route(client: httpx.Client, method: str) -> None:
    assert_problem(client.request(method, AUDIT, headers=BREAK_GLASS), 405)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET actor_id = NULL WHERE subject_id = $1::text::uuid",
        "UPDATE audit SET at = at WHERE false AND subject_id = $1::text::uuid",
        "DELETE FROM audit WHERE subject_id = $1::text::uuid",
        "TRUNCATE audit",
        "TRUNCATE audit RESTART IDENTITY CASCADE",
        "MERGE INTO audit USING accounts ON subject_id = $1::text::uuid WHEN MATCHED THEN DELETE",
    ],
)
async def test_database_refuses_changes_of_the_audit_trail(
    client: httpx.Client, servers: Servers, kite: str, statement: str
) -> None:
    before = entries(client, kite)
    connection = await asyncpg.connect(servers.database_url)
    try:
        given = [kite] if "$1" in statement else []
        with pytest.raises(asyncpg.RaiseError, match="entries of audit are only ever added"):
            await connection.execute(statement, *given)
    finally:
        await connection.close()
    assert entries(client, kite) == before
