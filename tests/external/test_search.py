"""Search over HTTP, to the letter of the contract."""

from collections.abc import Iterator
from random import SystemRandom
from string import ascii_lowercase
from typing import Any
from urllib.parse import quote
from uuid import UUID

import httpx
import pytest

from hello.connectors.embedded.servers import Servers
from tests.support.http.accounts import FULL_NAME, LoggedIn, client_of, signed_up
from tests.support.http.items import create_item, remove_item, replace_item
from tests.support.http.messages import assert_problem
from tests.support.http.running import Running, running_api
from tests.support.http.search import SEARCH, SUGGEST, search, suggest
from tests.support.table_locks import locked

pytestmark = pytest.mark.external
PRICES = [(0, 999), (1000, 2499), (2500, 4999), (5000, 9999), (10_000, 24_999), (25_000, None)]


@pytest.fixture(scope="module")
def client(unlimited: list[httpx.Client]) -> httpx.Client:
    return unlimited[0]


@pytest.fixture
def word() -> str:
    """A word that no other test uses: tests share a database."""
    return "".join(SystemRandom().choices(ascii_lowercase, k=16))


@pytest.fixture(scope="module")
def mixed(client: httpx.Client) -> LoggedIn:
    """An owner of items with several prices."""
    owner = signed_up(client)
    for title, price in {
        "A yellow kite": 999,
        "A purple kite": 1000,
        "Kites": 25_000,
        "A kite": None,
    }.items():
        create_item(client, owner, title=title, description="Flies in any wind.", price_cents=price)
    create_item(client, owner, title="A drum", price_cents=100)
    return owner


def titles(found: dict[str, Any]) -> list[str]:
    return [item["title"] for item in found["items"]]


def test_found_item_is_an_item_with_score_and_highlight(
    unlimited: list[httpx.Client], ada: LoggedIn, word: str
) -> None:
    """It is found at once, by both processes."""
    content = {"title": f"A {word} & <b>kite</b>", "description": f"Not any {word}.", "price_cents": 1999}
    created = create_item(unlimited[0], ada, **content).json()
    for client in unlimited:
        found = search(client, word)
        [item] = found["items"]
        assert isinstance(item.pop("score"), float)
        assert item.pop("highlight") == {
            "title": f"A <mark>{word}</mark> &amp; &lt;b&gt;kite&lt;/b&gt;",
            "description": f"Not any <mark>{word}</mark>.",
        }
        assert item == created
        assert item["owner"] == {"id": ada.id, "full_name": FULL_NAME}
        assert UUID(item["id"]).version == 7
        assert (found["total"], found["engine"]) == (1, "postgres")


def test_replaced_and_removed_items_are_not_found(client: httpx.Client, ada: LoggedIn, word: str) -> None:
    kite, drum = (
        create_item(client, ada, title=f"{word} {name}").headers["Location"] for name in ("kite", "drum")
    )
    replace_item(client, ada, kite, "Something else")
    assert titles(search(client, word)) == suggest(client, word) == [f"{word} drum"]
    remove_item(client, ada, drum)
    assert search(client, word)["items"] == suggest(client, word) == []


def test_typo_prefix_phrase_and_excluded_word(client: httpx.Client, mixed: LoggedIn) -> None:
    owner = {"owner_id": mixed.id}
    assert titles(search(client, "yelow kite", **owner)) == ["A yellow kite"]
    assert titles(search(client, "purp", **owner)) == ["A purple kite"]
    assert titles(search(client, '"purple kite"', **owner)) == ["A purple kite"]
    assert "A yellow kite" not in titles(search(client, "kite -yellow", **owner))


def test_facets_count_matches_by_price(client: httpx.Client, mixed: LoggedIn) -> None:
    found = search(client, "kite", owner_id=mixed.id, limit=1)
    assert (len(found["items"]), found["total"]) == (1, 4)
    assert found["facets"] == {
        "prices": [
            {"min_price_cents": minimum, "max_price_cents": maximum, "count": count}
            for (minimum, maximum), count in zip(PRICES, [1, 1, 0, 0, 0, 1], strict=True)
        ],
        "without_price": 1,
    }


def test_limits_of_a_facet_find_what_it_counts(client: httpx.Client, mixed: LoggedIn) -> None:
    for facet in search(client, "kite", owner_id=mixed.id)["facets"]["prices"]:
        limits = {
            name: facet[name] for name in ("min_price_cents", "max_price_cents") if facet[name] is not None
        }
        assert search(client, "kite", owner_id=mixed.id, **limits)["total"] == facet["count"]


def test_pages_have_each_item_once(client: httpx.Client, word: str) -> None:
    owner = signed_up(client)
    created = [create_item(client, owner, title=f"A {word}").json()["id"] for _ in range(23)]
    assert len(search(client, word)["items"]) == 20
    pages = [search(client, word, skip=skip, limit=5) for skip in range(0, 30, 5)]
    assert [item["id"] for page in pages for item in page["items"]] == created[::-1]
    assert {page["total"] for page in pages} == {23}


def test_suggestions_are_ten_at_most(client: httpx.Client, ada: LoggedIn, word: str) -> None:
    for number in range(12):
        create_item(client, ada, title=f"A {word} {number:02}")
    found = suggest(client, word[:10])
    assert len(found) == len(set(found)) == 10
    assert {title[: 2 + len(word)] for title in found} == {f"A {word}"}


@pytest.mark.parametrize("path", [SEARCH, SUGGEST])
def test_unchanged_answer_is_304(client: httpx.Client, ada: LoggedIn, word: str, path: str) -> None:
    create_item(client, ada, title=f"A {word}")
    first = client.get(path, params={"q": word})
    cached = {"ETag": first.headers["ETag"], "Cache-Control": first.headers["Cache-Control"]}
    assert cached["Cache-Control"] == {SEARCH: "no-cache", SUGGEST: "public, max-age=60"}[path]
    same = {"If-None-Match": f'"x", {cached["ETag"]}'}
    again = client.get(path, params={"q": word}, headers=same)
    assert (again.status_code, again.content) == (304, b"")
    assert {name: again.headers[name] for name in cached} == cached
    create_item(client, ada, title=f"A new {word}")
    changed = client.get(path, params={"q": word}, headers=same)
    assert (changed.status_code, changed.headers["ETag"] == cached["ETag"]) == (200, False)


@pytest.mark.parametrize("path", [SEARCH, SUGGEST])
def test_head_has_the_headers_of_get_and_other_methods_are_405(client: httpx.Client, path: str) -> None:
    head, get = (client.request(method, path, params={"q": "kite"}) for method in ("HEAD", "GET"))
    assert (head.status_code, head.content, head.headers["ETag"]) == (200, b"", get.headers["ETag"])
    refused = client.post(path, params={"q": "kite"})
    assert_problem(refused, 405)
    assert refused.headers["Allow"] == "GET, HEAD"


@pytest.mark.parametrize("path", [SEARCH, SUGGEST])
def test_route_is_described_with_examples(client: httpx.Client, path: str) -> None:
    document = client.get("/openapi.json").json()
    operation = document["paths"][path]["get"]
    assert {"200", "304", "400", "429", "503"} <= operation["responses"].keys()
    schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
    assert "example" in document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    [q] = [parameter for parameter in operation["parameters"] if parameter["name"] == "q"]
    assert (q["required"], q["schema"]["maxLength"]) == (True, 500)
    assert q["schema"]["examples"]


@pytest.fixture(scope="module")
def limited(servers: Servers) -> Iterator[Running]:
    with running_api(servers, RATE_LIMIT_SEARCH="4/hour", LOG_LEVEL="info") as api:
        yield api


def test_searches_are_limited_and_not_logged(limited: Running, servers: Servers, word: str) -> None:
    """Nor is what a search that fails has looked for."""
    paths = [f"{SEARCH}?q={word}", f"{SUGGEST}?q={word}", f"{SEARCH}?q={word}&limit=0"]
    with client_of(limited) as client:
        answers = [client.get(path) for path in paths]
        with locked(servers.database_url, "item_documents"):
            answers.append(client.get(paths[0]))
        answers.append(client.get(paths[0]))
    assert [answer.status_code for answer in answers] == [200, 200, 400, 503, 429]
    assert [answer.headers["RateLimit-Policy"] for answer in answers] == ['"search";q=4;w=3600'] * 5
    assert [answer.headers["RateLimit"].split(";")[1] for answer in answers] == [
        "r=3",
        "r=2",
        "r=1",
        "r=0",
        "r=0",
    ]
    assert int(answers[-1].headers["Retry-After"]) > 0
    limited.stop()
    log = "".join(limited.printed)
    assert SEARCH in log
    assert word not in log
    assert quote(word) not in log
