"""The gift catalogue to the letter of the contract, on two processes that share a database."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from tests.support.http.accounts import FULL_NAME, LoggedIn
from tests.support.http.items import ITEMS, KITE, create_item, remove_item, replace_item
from tests.support.http.messages import JSON, assert_problem

pytestmark = pytest.mark.external
UNKNOWN = f"{ITEMS}/0198c5de-7a3b-7c1e-8f2a-3d4b5c6d7e8f"
CHANGES = 50


@pytest.fixture(scope="module")
def client(unlimited: list[httpx.Client]) -> httpx.Client:
    return unlimited[0]


@pytest.fixture
def kite(client: httpx.Client, ada: LoggedIn) -> str:
    """Where an item of Ada's is."""
    return str(create_item(client, ada, **KITE).headers["Location"])


def offer(client: httpx.Client, owner: LoggedIn, **changed: object) -> httpx.Response:
    return client.post(ITEMS, json=KITE | changed, headers=owner.headers)


def assert_item(
    answer: httpx.Response, status: int, owner: LoggedIn, content: dict[str, Any]
) -> dict[str, Any]:
    item: dict[str, Any] = answer.json()
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/json")
    assert item.keys() == {"id", "title", "description", "price_cents", "owner", "created_at", "updated_at"}
    assert {name: item[name] for name in content} == content
    assert item["owner"] == {"id": owner.id, "full_name": FULL_NAME}
    assert UUID(item["id"]).version == 7
    assert item["created_at"].endswith("Z")
    assert item["updated_at"].endswith("Z")
    return item


def time_of(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_created_item_is_201_with_its_location(client: httpx.Client, ada: LoggedIn) -> None:
    created = create_item(client, ada, **KITE)
    item = assert_item(created, 201, ada, KITE)
    assert created.headers["Location"] == f"{ITEMS}/{item['id']}"
    assert item["created_at"] == item["updated_at"]
    assert abs(time_of(item["created_at"]) - datetime.now(UTC)) < timedelta(minutes=1)
    read = client.get(created.headers["Location"])
    assert (read.status_code, read.json()) == (200, item)
    assert read.headers["ETag"] == created.headers["ETag"]
    assert read.headers["ETag"].startswith('"')
    assert read.headers["Cache-Control"] == "no-cache"


def test_omitted_optional_fields_are_null(client: httpx.Client, ada: LoggedIn) -> None:
    missing = {"description": None, "price_cents": None}
    assert_item(create_item(client, ada, title="A kite"), 201, ada, missing)
    assert_item(create_item(client, ada, title="A kite", **missing), 201, ada, missing)


def test_put_replaces_the_whole_item(client: httpx.Client, ada: LoggedIn, kite: str) -> None:
    before = client.get(kite)
    replaced = replace_item(client, ada, kite, "A big kite")
    item = assert_item(replaced, 200, ada, {"title": "A big kite", "description": None, "price_cents": None})
    assert item["id"] == before.json()["id"]
    assert item["created_at"] == before.json()["created_at"]
    assert time_of(item["updated_at"]) > time_of(before.json()["updated_at"])
    assert replaced.headers["ETag"] != before.headers["ETag"]
    after = client.get(kite)
    assert (after.json(), after.headers["ETag"]) == (item, replaced.headers["ETag"])


def test_deleted_item_is_404(client: httpx.Client, ada: LoggedIn, kite: str) -> None:
    removed = remove_item(client, ada, kite)
    assert (removed.status_code, removed.content) == (204, b"")
    assert_problem(client.get(kite), 404)
    assert_problem(remove_item(client, ada, kite), 404)
    assert_problem(replace_item(client, ada, kite, "A kite"), 404)


def test_an_unknown_item_is_404(client: httpx.Client, ada: LoggedIn) -> None:
    assert_problem(client.get(UNKNOWN), 404)
    assert_problem(client.get(UNKNOWN, headers={"If-None-Match": "*"}), 404)
    assert_problem(replace_item(client, ada, UNKNOWN, "A kite"), 404)
    assert_problem(remove_item(client, ada, UNKNOWN), 404)
    assert client.head(UNKNOWN).status_code == 404


@pytest.mark.parametrize(
    "item_id",
    [
        "x",
        "1",
        "0198c5de7a3b7c1e8f2a3d4b5c6d7e8f",
        "%7B0198c5de-7a3b-7c1e-8f2a-3d4b5c6d7e8f%7D",
        "urn:uuid:0198c5de-7a3b-7c1e-8f2a-3d4b5c6d7e8f",
        "0198c5de-7a3b-7c1e-8f2a-3d4b5c6d7e8f%0A",
        "0198c5de-7a3b-7c1e-8f2a-3d4b5c6d7e8",
        "0198c5de-7a3b-7c1e-8f2a-3d4b5c6d7e8g",
        "0198c5de-7a3b7c1e-8f2a-3d4b-5c6d7e8f",
        "%00",
        "%FF",
        "%D9%A0198c5de-7a3b-7c1e-8f2a-3d4b5c6d7e8f",
    ],
)
def test_malformed_item_id_is_400(client: httpx.Client, ada: LoggedIn, item_id: str) -> None:
    for method in ("GET", "PUT", "DELETE"):
        body = KITE if method == "PUT" else None
        answer = client.request(method, f"{ITEMS}/{item_id}", json=body, headers=ada.headers)
        assert [wrong["field"] for wrong in assert_problem(answer, 400)["errors"]] == ["item_id"]


def test_item_id_ignores_case(client: httpx.Client, kite: str) -> None:
    upper = f"{ITEMS}/{kite.rpartition('/')[2].upper()}"
    assert client.get(upper).json() == client.get(kite).json()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", "x"),
        ("title", "é" * 200),
        ("title", " "),
        ("title", "\N{PILE OF POO}\u200b\n'; DROP TABLE items; --"),
        ("description", ""),
        ("description", "é" * 10_000),
        ("description", None),
        ("price_cents", 0),
        ("price_cents", 1_000_000_000),
        ("price_cents", None),
    ],
)
def test_valid_item_field_is_returned_unchanged(
    client: httpx.Client, ada: LoggedIn, kite: str, field: str, value: object
) -> None:
    created = offer(client, ada, **{field: value})
    assert (created.status_code, created.json()[field]) == (201, value)
    changed = client.put(kite, json=KITE | {field: value}, headers=ada.headers)
    assert (changed.status_code, changed.json()[field]) == (200, value)
    assert client.get(kite).json()[field] == value


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", ""),
        ("title", "é" * 201),
        ("title", None),
        ("title", 1),
        ("title", ["A kite"]),
        ("title", "A\0kite"),
        ("description", "é" * 10_001),
        ("description", False),
        ("description", "\0"),
        ("price_cents", -1),
        ("price_cents", 1_000_000_001),
        ("price_cents", 10**30),
        ("price_cents", True),
        ("price_cents", 1.0),
        ("price_cents", 19.99),
        ("price_cents", "1999"),
        ("price_cents", ""),
        ("owner_id", "x"),
        ("owner_id", "0198c5de7a3b7c1e8f2a3d4b5c6d7e8f"),
        ("owner_id", 1),
    ],
)
def test_invalid_item_field_is_400(
    client: httpx.Client, ada: LoggedIn, kite: str, field: str, value: object
) -> None:
    for answer in (
        offer(client, ada, **{field: value}),
        client.put(kite, json=KITE | {field: value}, headers=ada.headers),
    ):
        problem = assert_problem(answer, 400)
        assert [wrong["field"] for wrong in problem["errors"]] == [field]
        assert field in problem["detail"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b"{}",
        b"{",
        b'{"title": "A kite", "price_cents": NaN}',
        b'{"title": "A kite", "price_cents": 1e2}',
        b'{"title": "\\ud800"}',
        b'{"title": "A kite", "description": "\\udc00"}',
    ],
    ids=bytes.decode,
)
def test_malformed_item_body_is_400(client: httpx.Client, ada: LoggedIn, kite: str, body: bytes) -> None:
    for method, path in (("POST", ITEMS), ("PUT", kite)):
        assert_problem(client.request(method, path, content=body, headers=ada.headers | JSON), 400)


def test_item_without_a_title_is_400(client: httpx.Client, ada: LoggedIn) -> None:
    answer = client.post(ITEMS, json={"price_cents": 1}, headers=ada.headers)
    assert [wrong["field"] for wrong in assert_problem(answer, 400)["errors"]] == ["title"]


def test_item_body_of_another_type_is_415_and_too_large_is_413(
    client: httpx.Client, ada: LoggedIn, kite: str
) -> None:
    for method, path in (("POST", ITEMS), ("PUT", kite)):
        text = ada.headers | {"Content-Type": "text/plain"}
        assert_problem(client.request(method, path, content=b'{"title": "A kite"}', headers=text), 415)
        large = KITE | {"description": "x" * 2**20}
        assert_problem(client.request(method, path, json=large, headers=ada.headers), 413)


def test_unknown_fields_of_an_item_are_ignored(client: httpx.Client, ada: LoggedIn) -> None:
    fixed = {"id": str(uuid4()), "version": 9, "created_at": "2000-01-01T00:00:00Z", "owner": "x"}
    answer = client.post(ITEMS, json=KITE | fixed, headers=ada.headers)
    item = assert_item(answer, 201, ada, KITE)
    assert item["id"] != fixed["id"]
    assert item["created_at"] != fixed["created_at"]


def test_owner_of_an_item_can_only_be_the_caller(
    client: httpx.Client, ada: LoggedIn, grace: LoggedIn, kite: str
) -> None:
    assert_item(offer(client, ada, owner_id=ada.id), 201, ada, KITE)
    assert_item(offer(client, ada, owner_id=ada.id.upper()), 201, ada, KITE)
    assert_item(offer(client, ada, owner_id=None), 201, ada, KITE)
    for stranger in (grace.id, str(uuid4())):
        assert_problem(offer(client, ada, owner_id=stranger), 403)
        given = client.put(kite, json=KITE | {"owner_id": stranger}, headers=ada.headers)
        assert_problem(given, 403)
    assert client.get(kite).json()["owner"]["id"] == ada.id


def test_only_its_owner_changes_an_item(client: httpx.Client, grace: LoggedIn, kite: str) -> None:
    """A stranger does not learn the version by guessing it, either."""
    before = client.get(kite)
    for headers in ({}, {"if_match": before.headers["ETag"]}, {"if_match": '"9"'}):
        assert_problem(replace_item(client, grace, kite, "Mine", **headers), 403)
        assert_problem(remove_item(client, grace, kite, **headers), 403)
    claimed = client.put(kite, json=KITE | {"owner_id": grace.id}, headers=grace.headers)
    assert_problem(claimed, 403)
    assert client.get(kite).json() == before.json()


def test_head_on_items_has_the_headers_of_get(client: httpx.Client, kite: str) -> None:
    for path in (kite, f"{ITEMS}?limit=1"):
        head, get = client.head(path), client.get(path)
        assert (head.status_code, head.content) == (200, b"")
        for name in ("Content-Length", "Content-Type"):
            assert head.headers[name] == get.headers[name]
        assert head.headers.get("ETag") == get.headers.get("ETag")


def test_unsupported_method_on_items_is_405(client: httpx.Client, kite: str) -> None:
    for path, allowed in ((kite, "DELETE, GET, HEAD, PUT"), (ITEMS, "GET, HEAD, POST")):
        answer = client.patch(path)
        assert_problem(answer, 405)
        assert answer.headers["Allow"] == allowed


def test_changed_item_is_read_at_once_on_both_processes(
    unlimited: list[httpx.Client], ada: LoggedIn, kite: str
) -> None:
    """No answer is older than the last change that was answered."""
    for number in range(CHANGES):
        writer, title = unlimited[number % 2], f"Kite {number}"
        tag = replace_item(writer, ada, kite, title).headers["ETag"]
        for _ in range(2):
            for reader in unlimited:
                answer = reader.get(kite)
                assert (answer.json()["title"], answer.headers["ETag"]) == (title, tag)
                assert reader.get(kite, headers={"If-None-Match": tag}).status_code == 304
    assert remove_item(unlimited[0], ada, kite).status_code == 204
    assert [reader.get(kite).status_code for reader in unlimited] == [404, 404]


def test_reads_during_writes_never_return_older_versions(
    unlimited: list[httpx.Client], ada: LoggedIn, kite: str
) -> None:
    """While one process writes, clients read from both."""
    acknowledged = [0]

    def read(reader: httpx.Client) -> int:
        reads = 0
        while acknowledged[0] < CHANGES:
            least = acknowledged[0]
            assert int(reader.get(kite).json()["title"].rpartition(" ")[2]) >= least
            reads += 1
        return reads

    replace_item(unlimited[0], ada, kite, "Kite 0")
    with ThreadPoolExecutor(4) as pool:
        readers = [pool.submit(read, reader) for reader in unlimited * 2]
        for number in range(1, CHANGES + 1):
            replace_item(unlimited[0], ada, kite, f"Kite {number}")
            acknowledged[0] = number
    assert all(reader.result() > 1 for reader in readers)


def test_item_changes_are_counted_in_metrics(client: httpx.Client, ada: LoggedIn, kite: str) -> None:
    before = changes_of(client)
    replace_item(client, ada, kite, "A drum")
    assert replace_item(client, ada, kite, "A kite", if_match='"0"').status_code == 412
    remove_item(client, ada, kite)
    assert changes_of(client) == before + 2


def changes_of(client: httpx.Client) -> float:
    lines = client.get("/metrics").text.splitlines()
    found = [line for line in lines if line.startswith('domain_events_total{event="item.changed"}')]
    return float(found[0].rpartition(" ")[2]) if found else 0


@pytest.mark.parametrize(("query", "batch"), [("", "items"), ("?limit=7", "item_pages")])
def test_reads_of_items_are_counted_as_batches(
    client: httpx.Client, kite: str, query: str, batch: str
) -> None:
    before = batches_of(client, batch)
    for _ in range(3):
        assert client.get(f"{ITEMS}{query}" if query else kite).status_code == 200
    assert batches_of(client, batch) >= before + 3


def batches_of(client: httpx.Client, batch: str) -> float:
    start = f'batch_size_count{{batch="{batch}"}}'
    found = [line for line in client.get("/metrics").text.splitlines() if line.startswith(start)]
    return float(found[0].rpartition(" ")[2]) if found else 0
