"""Pages for administrators over HTTP: who may use them, what they do, and what the audit trail says of it."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from hello.connectors.embedded.servers import Servers
from tests.support.builders import NOON, a_name
from tests.support.http.accounts import PASSWORD, an_email, client_of, create_admin, register
from tests.support.http.orders import SETTINGS
from tests.support.http.raw import connected
from tests.support.http.running import Running, migrate, running_api
from tests.support.polling import until
from tests.support.servers import WORKER, in_thread, with_own_database

pytestmark = pytest.mark.external
IMPORT, EXPORT, AUDIT, LETTERS = "/admin/import", "/admin/export", "/admin/audit", "/admin/dead-letters"
CHANGES = (IMPORT, f"{LETTERS}/redrive", f"{LETTERS}/1/redrive")
PAGES = ("/admin", AUDIT, LETTERS, EXPORT)
CSV = {"Content-Type": "text/csv"}
MARKUP, ESCAPED = "<img src=x onerror=alert(1)>", "&lt;img src=x onerror=alert(1)&gt;"
ADD_LETTER = """
INSERT INTO dead_letters (consumer, event_id, type, subject, time, data, reason, died_at)
VALUES ($1, $2, 'order.shipped', 'an order', $3, $4, $5, $3) RETURNING id
"""
ADD_ENTRY = "INSERT INTO audit (at, action, subject_id, details) VALUES ($1, 'item.updated', $2, $3)"


@dataclass(frozen=True)
class Rows:
    """A database, asked by tests that are not coroutines."""

    dsn: str

    def fetch(self, query: str, *values: object) -> list[asyncpg.Record]:
        return in_thread(lambda: asyncio.run(self._fetch(query, *values)))

    def value(self, query: str, *values: object) -> Any:  # noqa: ANN401  # as PostgreSQL has it
        return self.fetch(query, *values)[0][0]

    async def _fetch(self, query: str, *values: object) -> list[asyncpg.Record]:
        connection = await asyncpg.connect(self.dsn)
        try:
            return list(await connection.fetch(query, *values))
        finally:
            await connection.close()


@pytest.fixture(scope="module")
async def own_servers(servers: Servers) -> Servers:
    """Use an own database: these tests redrive every dead letter that there is."""
    return await with_own_database(servers, f"hello_admin_pages_{WORKER}")


@pytest.fixture(scope="module")
def api(own_servers: Servers) -> Iterator[Running]:
    with running_api(own_servers, **SETTINGS) as api:
        yield api


@pytest.fixture
def rows(own_servers: Servers) -> Rows:
    migrate(own_servers)
    rows = Rows(own_servers.database_url)
    rows.fetch("TRUNCATE dead_letters")
    return rows


@pytest.fixture(scope="module")
def stranger(api: Running) -> Iterator[httpx.Client]:
    with client_of(api, Origin=api.url) as client:
        yield client


@pytest.fixture(scope="module")
def admin(api: Running, own_servers: Servers) -> Iterator[httpx.Client]:
    email = an_email()
    assert create_admin(own_servers, email).returncode == 0
    with client_of(api, Origin=api.url) as client:
        log_in(client, email)
        yield client


@pytest.fixture(scope="module")
def customer(api: Running) -> Iterator[httpx.Client]:
    email = an_email()
    with client_of(api, Origin=api.url) as client:
        register(client, email)
        log_in(client, email)
        yield client


def log_in(client: httpx.Client, email: str) -> None:
    assert client.post("/login", data={"email": email, "password": PASSWORD}).status_code == 303


def import_(client: httpx.Client, body: str, content_type: str = CSV["Content-Type"]) -> httpx.Response:
    return client.post(IMPORT, content=body, headers={"Content-Type": content_type})


def details_of(rows: Rows, answer: httpx.Response) -> list[tuple[str, dict[str, object]]]:
    """Return what the audit trail has of the request, the oldest first."""
    found = rows.fetch("SELECT action, details FROM audit ORDER BY id")
    entries = [(row["action"], json.loads(row["details"])) for row in found]
    request_id = answer.headers["X-Request-ID"]
    return [(action, details) for action, details in entries if details.get("request_id") == request_id]


def letter(rows: Rows, consumer: str, reason: str = "ValueError: no", **data: object) -> int:
    values = (consumer, a_name(), NOON, json.dumps({"recipient": None, **data}), reason)
    return int(rows.value(ADD_LETTER, *values))


@pytest.mark.parametrize("path", PAGES)
def test_admin_page_is_for_administrators_only(
    stranger: httpx.Client, customer: httpx.Client, admin: httpx.Client, path: str
) -> None:
    sent_away = stranger.get(path)
    assert (sent_away.status_code, sent_away.headers["Location"].split("?")[0]) == (303, "/login")
    assert customer.get(path).status_code == 403
    assert admin.get(path).status_code == 200


@pytest.mark.parametrize("path", CHANGES)
def test_admin_change_is_for_administrators_only(
    stranger: httpx.Client, customer: httpx.Client, path: str
) -> None:
    assert stranger.post(path, content="", headers=CSV).status_code == 303
    assert customer.post(path, content="", headers=CSV).status_code == 403


@pytest.mark.parametrize("path", CHANGES)
def test_admin_change_from_another_site_is_403_and_not_made(
    admin: httpx.Client, rows: Rows, path: str
) -> None:
    letter(rows, "gifts")
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}):
        answer = admin.post(path, content=f"{a_name()},1990-05-17", headers=CSV | headers)
        assert answer.status_code == 403
        assert details_of(rows, answer) == []
    assert rows.value("SELECT count(*) FROM dead_letters") == 1


def test_import_saves_people_names_bad_lines_and_is_audited(admin: httpx.Client, rows: Rows) -> None:
    name = a_name()
    answer = import_(admin, f"username,dateOfBirth\n{name},1990-05-17\nJ0hn,1990-05-17\n")
    assert answer.status_code == 200
    assert "The import is done" in answer.text
    assert '<th scope="row">3</th>' in answer.text
    assert admin.get(f"/hello/{name}").status_code == 200
    (used, use), (imported, counts) = details_of(rows, answer)
    assert (used, use["route"]) == ("admin_account.used", IMPORT)
    assert (imported, counts["accepted"], counts["rejected"]) == ("people.imported", 1, 1)


def test_file_beyond_the_limit_of_other_bodies_is_imported(admin: httpx.Client) -> None:
    name = a_name()
    answer = import_(admin, f"{name},1990-05-17\n" * 60_000)
    assert answer.status_code == 200
    assert "60,000 lines" in answer.text


@pytest.mark.parametrize(
    ("body", "content_type", "status", "text"),
    [
        ("J0hn,1990-05-17\n", "text/csv", 400, "Nothing was saved"),
        (f'{{"username": "{MARKUP}"}}\n', "application/x-ndjson", 400, "Nothing was saved"),
        ("username,dateOfBirth\n", "text/csv", 400, "The file has no people in it."),
        ("{}", "application/json", 415, "The body must be"),
        ("", "", 400, "Is missing."),
    ],
)
def test_file_without_people_is_refused_with_a_reason(
    admin: httpx.Client, body: str, content_type: str, status: int, text: str
) -> None:
    answer = import_(admin, body, content_type)
    assert answer.status_code == status
    assert text in answer.text
    assert MARKUP not in answer.text


def test_broken_off_import_is_no_fault_of_the_service(api: Running, admin: httpx.Client) -> None:
    request_id, cookies = a_name(), "; ".join(map("=".join, admin.cookies.items()))
    head = (
        f"POST {IMPORT} HTTP/1.1\r\nHost: hello\r\nX-Request-ID: {request_id}\r\n"
        f"Sec-Fetch-Site: same-origin\r\nCookie: {cookies}\r\n"
        "Content-Type: text/csv\r\nContent-Length: 1000000\r\n\r\n"
    )
    with connected(api) as sock:
        sock.sendall(f"{head}{a_name()},1990-05-17\n".encode())
        until(lambda: request_id in admin.get(AUDIT).text)
    until(lambda: "POST" in logged(api, request_id))
    assert f"POST {IMPORT} 400" in logged(api, request_id)
    assert "failed" not in logged(api, request_id)


def logged(api: Running, request_id: str) -> str:
    return "".join(line for line in api.printed if request_id in line)


def test_export_is_a_file_and_audited(admin: httpx.Client, rows: Rows) -> None:
    name = a_name()
    import_(admin, f"{name},1990-05-17\n")
    answer = admin.get(EXPORT)
    assert answer.headers["Content-Disposition"] == 'attachment; filename="people.ndjson"'
    assert answer.headers["Cache-Control"] == "no-store"
    assert {"username": name, "dateOfBirth": "1990-05-17"} in map(json.loads, answer.text.splitlines())
    [(action, details)] = details_of(rows, answer)
    assert (action, details["route"]) == ("admin_account.used", EXPORT)


def test_markup_in_the_audit_trail_is_escaped(admin: httpx.Client, rows: Rows) -> None:
    subject = uuid4()
    details = json.dumps({MARKUP: {"from": MARKUP, "to": MARKUP * 20}})
    rows.fetch(ADD_ENTRY, NOON, subject, details)
    text = admin.get(AUDIT, params={"subject_id": str(subject)}).text
    assert text.count("<li>\n    <div") == 1
    assert (MARKUP in text, ESCAPED in text) == (False, True)


def test_audit_trail_is_paged_within_its_subject(admin: httpx.Client, rows: Rows) -> None:
    subject, others = uuid4(), uuid4()
    for number in range(25):
        for one in (subject, others):
            rows.fetch(ADD_ENTRY, NOON, one, json.dumps({"number": f"{one} {number}."}))
    first = admin.get(AUDIT, params={"subject_id": str(subject)}).text
    assert f"{subject} 24." in first
    assert (f"{subject} 4." in first, f"{others} 24." in first) == (False, False)
    following = first.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    second = admin.get(following).text
    assert (f"{subject} 4." in second, 'rel="next"' in second, f"{others} 4." in second) == (
        True,
        False,
        False,
    )


@pytest.mark.parametrize("query", ["subject_id=x", "cursor=x", f"subject_id={MARKUP}"])
def test_invalid_audit_query_is_a_page_with_400(admin: httpx.Client, query: str) -> None:
    answer = admin.get(f"{AUDIT}?{query}")
    assert (answer.status_code, MARKUP in answer.text) == (400, False)


def test_markup_in_dead_letters_is_escaped(admin: httpx.Client, rows: Rows) -> None:
    letter(rows, f"{MARKUP} {a_name()}", reason=MARKUP, **{MARKUP: MARKUP})
    text = admin.get(LETTERS).text
    assert (MARKUP in text, text.count(ESCAPED) >= 4) == (False, True)
    failed = admin.post(f"{LETTERS}/redrive").text
    assert (MARKUP in failed, "0 handled, 1 failed again." in failed) == (False, True)


def test_redriven_dead_letter_is_gone_and_the_redrive_is_audited(admin: httpx.Client, rows: Rows) -> None:
    name = a_name()
    number = letter(rows, "gifts", recipient=name)
    answer = admin.post(f"{LETTERS}/{number}/redrive")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{LETTERS}?done=redriven")
    assert admin.get(LETTERS).text.count("There are no dead letters.") == 1
    assert rows.value("SELECT gifts FROM gifts_received WHERE username = $1", name) == 1
    (used, _), (redriven, details) = details_of(rows, answer)
    assert (used, redriven) == ("admin_account.used", "dead_letters.redriven")
    assert (details["dead_letter"], details["done"], details["failed"]) == (number, 1, 0)
    assert admin.post(f"{LETTERS}/{number}/redrive").status_code == 404


def test_failed_redrive_is_409_and_keeps_the_dead_letter(admin: httpx.Client, rows: Rows) -> None:
    number = letter(rows, "gone")
    answer = admin.post(f"{LETTERS}/{number}/redrive")
    assert answer.status_code == 409
    assert "no such consumer: gone" in answer.text
    assert rows.value("SELECT count(*) FROM dead_letters WHERE id = $1", number) == 1
    assert (details_of(rows, answer))[-1][1]["failed"] == 1


def test_redrive_of_all_says_how_many_were_done_and_which_failed(admin: httpx.Client, rows: Rows) -> None:
    lost = letter(rows, "gone")
    for _ in range(2):
        letter(rows, "gifts", recipient=a_name())
    answer = admin.post(f"{LETTERS}/redrive")
    assert "2 handled, 1 failed again." in answer.text
    assert f"dead letter {lost} failed again" in answer.text
    details = (details_of(rows, answer))[-1][1]
    assert (details["done"], details["failed"], "dead_letter" in details) == (2, 1, False)


def test_dead_letters_are_paged_oldest_first(admin: httpx.Client, rows: Rows) -> None:
    numbers = [letter(rows, "gifts") for _ in range(21)]
    first = admin.get(LETTERS).text
    assert (f'id="letter-{numbers[0]}"' in first, f'id="letter-{numbers[20]}"' in first) == (True, False)
    following = first.split('rel="next" href="')[1].split('"')[0]
    second = admin.get(following).text
    assert (second.count('id="letter-'), f'id="letter-{numbers[20]}"' in second) == (1, True)
