"""Items as clients use them."""

from typing import Any

import httpx

from tests.support.http.accounts import LoggedIn

ITEMS = "/api/v1/items"
KITE: dict[str, Any] = {"title": "A kite", "description": "Flies in any wind.", "price_cents": 1999}


def create_item(client: httpx.Client, owner: LoggedIn, **content: object) -> httpx.Response:
    answer = client.post(ITEMS, json=content, headers=owner.headers)
    assert answer.status_code == 201, answer.text
    return answer


def remove_item(client: httpx.Client, owner: LoggedIn, item: str, **headers: str) -> httpx.Response:
    return client.delete(item, headers=owner.headers | named(headers))


def named(headers: dict[str, str]) -> dict[str, str]:
    """Write `if_match` as the header is written."""
    return {name.replace("_", "-"): value for name, value in headers.items()}


def replace_item(
    client: httpx.Client, owner: LoggedIn, item: str, title: str, **headers: str
) -> httpx.Response:
    return client.put(item, json={"title": title}, headers=owner.headers | named(headers))
