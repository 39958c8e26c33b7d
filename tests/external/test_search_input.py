"""What may be searched for, and what is refused."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.support.http.messages import assert_problem
from tests.support.http.search import SEARCH, SUGGEST, search, suggest

pytestmark = pytest.mark.external


@pytest.fixture(scope="module")
def client(unlimited: list[httpx.Client]) -> httpx.Client:
    return unlimited[0]


BAD_TEXTS = ["", " ", "\t\n", "\u3000", "\0", "kite\0", "x" * 501, "x" * 7000, "é" * 501, "a " * 251]


@pytest.mark.parametrize("text", BAD_TEXTS, ids=lambda text: repr(text)[:20])
def test_invalid_text_is_400(client: httpx.Client, text: str) -> None:
    for path in (SEARCH, SUGGEST):
        assert_wrong(client.get(path, params={"q": text}), "q")


def test_text_that_no_request_line_holds_is_414(client: httpx.Client) -> None:
    for path in (SEARCH, SUGGEST):
        answer = client.get(path, params={"q": "x" * 10_000})
        assert (answer.status_code, answer.headers["Content-Type"]) == (414, "application/problem+json")


def assert_wrong(answer: httpx.Response, field: str) -> None:
    problem = assert_problem(answer, 400)
    assert [wrong["field"] for wrong in problem["errors"]] == [field]


@pytest.mark.parametrize("text", ["-kite", "-kite -drum", '-"red kite"', '"', '""', '" "', '-"" ""'])
def test_text_with_nothing_to_find_is_400(client: httpx.Client, text: str) -> None:
    assert_wrong(client.get(SEARCH, params={"q": text}), "q")


@pytest.mark.parametrize(
    "query", ["q=%FF", "q=%ED%A0%80", "q=kite%ED%BF%BF", "q=%C0%80", "q=%F8%88", "q=%00"]
)
def test_undecodable_text_is_400_or_replaced(client: httpx.Client, query: str) -> None:
    for path in (SEARCH, SUGGEST):
        answer = client.get(f"{path}?{query}")
        if answer.status_code != 200:
            assert_wrong(answer, "q")


@pytest.mark.parametrize("query", ["", "Q=kite", "q", "q=", "limit=5"])
def test_missing_text_is_400(client: httpx.Client, query: str) -> None:
    for path in (SEARCH, SUGGEST):
        assert_wrong(client.get(f"{path}?{query}"), "q")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *[("limit", value) for value in ("0", "101", "-1", "", "x", "1.5", "9" * 5000)],
        *[("skip", value) for value in ("-1", "", "x", "9901", "0.5", "9" * 30, "null")],
        *[
            (f"{limit}_price_cents", value)
            for limit in ("min", "max")
            for value in ("-1", "", "x", "1000000001", "19.99", "1e3", "null")
        ],
        *[("owner_id", value) for value in ("", "x", "0198c5de7a3b7c1e8f2a3d4b5c6d7e8f", "\0")],
    ],
)
def test_invalid_filter_is_400(client: httpx.Client, field: str, value: str) -> None:
    assert_wrong(client.get(SEARCH, params={"q": "kite", field: value}), field)


def test_price_limits_in_the_wrong_order_are_400(client: httpx.Client) -> None:
    limits = {"min_price_cents": 2, "max_price_cents": 1}
    assert_wrong(client.get(SEARCH, params={"q": "kite", **limits}), "max_price_cents")


@pytest.mark.parametrize(
    "params",
    [
        {"limit": 1},
        {"limit": 100},
        {"skip": 9900},
        {"min_price_cents": 0, "max_price_cents": 0},
        {"max_price_cents": 1_000_000_000},
        {"owner_id": str(uuid4()).upper()},
    ],
)
def test_extreme_filters_are_200(client: httpx.Client, params: dict[str, Any]) -> None:
    assert search(client, "kite", **params)["engine"] == "postgres"


ODD = [
    "x" * 500,
    "x " * 249,
    "'; DROP TABLE items; --",
    "kite:* & !(drum | 'x') <-> y",
    'title:kite AND "drum" OR NOT *',
    "%_\\*?~^{}[]()+|&!@#$",
    "*",
    "kite*",
    "k%te _ite",
    "<script>alert(1)</script>",
    "a\\",
    "'",
    "🪁",
    "👩\u200d👩\u200d👧",
    "凧",
    "עפיפון אדום",
    "\u202eenog\u202c",
    "طائرة ورقية",
    "\x01\x02\x1f\x7f",
    "kite\r\nSet-Cookie: a=b",
    "\ufffe\uffff\U0010ffff",
    "e\u0301\u0301\u0301" * 100,
    "../../etc/passwd",
    "${jndi:ldap://x}",
    "- - -",
    "null",
]


@pytest.mark.parametrize("text", ODD, ids=lambda text: repr(text)[:20])
def test_any_other_text_is_200(client: httpx.Client, text: str) -> None:
    search(client, text)
    suggest(client, text)
