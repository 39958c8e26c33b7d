"""Searches as clients send them."""

from typing import Any

import httpx

SEARCH = "/api/v1/search/items"
SUGGEST = f"{SEARCH}/suggest"


def search(client: httpx.Client, q: str, **params: str | int) -> dict[str, Any]:
    answer = client.get(SEARCH, params={"q": q, **params})
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json"), answer.text
    found: dict[str, Any] = answer.json()
    assert found.keys() == {"items", "total", "engine", "facets"}
    return found


def suggest(client: httpx.Client, q: str) -> list[str]:
    answer = client.get(SUGGEST, params={"q": q})
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json"), answer.text
    assert answer.json().keys() == {"suggestions"}
    return list(answer.json()["suggestions"])
