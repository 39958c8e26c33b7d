"""Lists of items: pages, filters, and what is counted."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.support.http.accounts import LoggedIn, signed_up
from tests.support.http.items import ITEMS, KITE, create_item, remove_item
from tests.support.http.messages import assert_problem

pytestmark = pytest.mark.external


@pytest.fixture(scope="module")
def client(unlimited: list[httpx.Client]) -> httpx.Client:
    return unlimited[0]


@pytest.fixture(scope="module")
def seven(client: httpx.Client) -> tuple[LoggedIn, list[dict[str, Any]]]:
    """Somebody with seven items, and these, the newest first."""
    owner = signed_up(client)
    items = [create_item(client, owner, title=f"Kite {number}").json() for number in range(7)]
    return owner, items[::-1]


def page(client: httpx.Client, **params: str | int) -> dict[str, Any]:
    answer = client.get(ITEMS, params=params)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")
    found: dict[str, Any] = answer.json()
    assert found.keys() == {"items", "total"}
    return found


@pytest.mark.parametrize(
    ("skip", "limit"), [(0, 3), (2, 3), (6, 3), (7, 3), (0, 1), (0, 100), (1_000_000, 1)]
)
def test_items_come_the_newest_first(
    client: httpx.Client, seven: tuple[LoggedIn, list[dict[str, Any]]], skip: int, limit: int
) -> None:
    owner, items = seven
    found = page(client, skip=skip, limit=limit, owner_id=owner.id)
    assert found == {"items": items[skip : skip + limit], "total": 7}


def test_unfiltered_list_has_the_newest_items_of_all_owners(
    client: httpx.Client, ada: LoggedIn, grace: LoggedIn
) -> None:
    before = page(client, limit=1)["total"]
    newest = [create_item(client, owner, **KITE).json() for owner in (ada, grace, ada)]
    found = page(client, limit=3)
    assert found == {"items": newest[::-1], "total": before + 3}
    remove_item(client, grace, f"{ITEMS}/{newest[1]['id']}")
    assert page(client, limit=2) == {"items": [newest[2], newest[0]], "total": before + 2}


def test_the_list_shows_twenty_by_default(client: httpx.Client) -> None:
    owner = signed_up(client)
    assert page(client, owner_id=owner.id) == {"items": [], "total": 0}
    for number in range(21):
        create_item(client, owner, title=f"Kite {number}")
    found = page(client, owner_id=owner.id)
    assert (len(found["items"]), found["total"]) == (20, 21)


def test_unknown_owner_has_no_items(client: httpx.Client) -> None:
    assert page(client, owner_id=str(uuid4())) == {"items": [], "total": 0}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *[
            ("limit", value)
            for value in (
                "0",
                "101",
                "-1",
                "",
                "x",
                "1.5",
                "1e1",
                "1_0",
                "9" * 5000,
                "\N{ARABIC-INDIC DIGIT FIVE}",
            )
        ],
        *[("skip", value) for value in ("-1", "", "x", "1000001", "0.5", "9" * 30, "null")],
        *[("owner_id", value) for value in ("", "x", "0198c5de7a3b7c1e8f2a3d4b5c6d7e8f", "\0")],
    ],
)
def test_invalid_item_query_is_400(client: httpx.Client, field: str, value: str) -> None:
    problem = assert_problem(client.get(ITEMS, params={field: value}), 400)
    assert [wrong["field"] for wrong in problem["errors"]] == [field]
