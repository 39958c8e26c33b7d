"""Orders that are sent again: one for each key, whatever happens to the client; and pages of orders."""

import json
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import pytest

from tests.support.builders import a_name
from tests.support.http.accounts import signed_up
from tests.support.http.messages import JSON, assert_problem
from tests.support.http.orders import ORDERS, OrderClient

pytestmark = pytest.mark.external
AT_ONCE = 10


def whole(answer: httpx.Response) -> tuple[int, bytes, str, str]:
    headers = answer.headers
    return answer.status_code, answer.content, headers["Location"], headers["ETag"]


def everything(order_client: OrderClient, **query: object) -> list[str]:
    """Follow the cursors."""
    found: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = order_client.listed(**query, **({"cursor": cursor} if cursor else {}))
        assert page.status_code == 200, page.text
        found += [order["id"] for order in page.json()["orders"]]
        cursor = page.json()["next_cursor"]
    return found


def count_of(order_client: OrderClient) -> int:
    return len(everything(order_client, limit=100))


def test_repeated_idempotency_key_returns_the_first_answer(order_client: OrderClient) -> None:
    key = a_name()
    first = order_client.order(order_client.wanted(2), idempotency_key=key)
    assert first.status_code == 201
    order_client.cancel(first.headers["Location"])
    before = count_of(order_client)
    assert whole(order_client.order(order_client.wanted(2), idempotency_key=key)) == whole(first)
    assert count_of(order_client) == before


def test_idempotency_ignores_the_formatting_of_the_body(order_client: OrderClient) -> None:
    key, line = a_name(), {"quantity": 2, "item_id": order_client.kite.upper()}
    first = order_client.order(order_client.wanted(2), idempotency_key=key)
    same = json.dumps({"recipient": None, "lines": [line]}, indent=4)
    headers = order_client.ada.headers | JSON | {"Idempotency-Key": key}
    assert whole(order_client.other.post(ORDERS, content=same, headers=headers)) == whole(first)


def test_idempotency_key_with_another_body_is_422(order_client: OrderClient) -> None:
    key = a_name()
    order_client.order(order_client.wanted(2), idempotency_key=key)
    before = count_of(order_client)
    for other in (order_client.wanted(3), order_client.wanted(2, recipient=order_client.john)):
        assert_problem(order_client.order(other, idempotency_key=key), 422)
    assert count_of(order_client) == before


def test_without_a_key_each_request_is_an_order(order_client: OrderClient) -> None:
    assert order_client.ordered() != order_client.ordered()


@pytest.mark.parametrize("key", ["!", "~" * 255, '"8e03978e-40d5-43dd-bc93-6894a57f9324"', "a,b;c"])
def test_visible_ascii_is_a_valid_idempotency_key(order_client: OrderClient, key: str) -> None:
    customer = signed_up(order_client.client)
    headers = customer.headers | {"Idempotency-Key": key}
    first, again = (
        order_client.client.post(ORDERS, json=order_client.wanted(), headers=headers) for _ in range(2)
    )
    assert whole(again) == whole(first)


@pytest.mark.parametrize("key", [b"", b"x" * 256, b"a b", b"a\tb", "é".encode(), b"\xff"])
def test_invalid_idempotency_key_is_400(order_client: OrderClient, key: bytes) -> None:
    headers = [(b"Idempotency-Key", key), *order_client.ada.headers.items()]
    before = count_of(order_client)
    answer = order_client.client.post(ORDERS, json=order_client.wanted(), headers=headers)  # type: ignore[arg-type]
    problem = assert_problem(answer, 400)
    assert [wrong["field"].lower() for wrong in problem["errors"]] == ["idempotency-key"]
    assert count_of(order_client) == before


def test_idempotency_keys_belong_to_their_customer(order_client: OrderClient) -> None:
    key = a_name()
    mine = order_client.order(idempotency_key=key)
    headers = order_client.grace.headers | {"Idempotency-Key": key}
    hers = order_client.client.post(ORDERS, json=order_client.wanted(7), headers=headers)
    assert hers.status_code == 201
    assert hers.json()["id"] != mine.json()["id"]


def test_refused_order_does_not_consume_its_idempotency_key(order_client: OrderClient) -> None:
    key = a_name()
    for lines in (
        [],
        [{"item_id": order_client.kite, "quantity": 0}],
        [{"item_id": str(uuid4()), "quantity": 1}],
    ):
        assert_problem(order_client.order({"lines": lines}, idempotency_key=key), 400)
    assert order_client.order(idempotency_key=key).status_code == 201


def test_duplicates_at_once_on_two_processes_are_one_order(order_client: OrderClient) -> None:
    headers = order_client.ada.headers | {"Idempotency-Key": a_name()}
    before = count_of(order_client)

    def order(number: int) -> httpx.Response:
        client = (order_client.client, order_client.other)[number % 2]
        return client.post(ORDERS, json=order_client.wanted(), headers=headers)

    with ThreadPoolExecutor(AT_ONCE) as threads:
        answers = list(threads.map(order, range(AT_ONCE)))
    assert {answer.status_code for answer in answers} == {201}
    assert len(set(map(whole, answers))) == 1
    assert count_of(order_client) == before + 1


@pytest.mark.parametrize("patience_s", [0, 0.003, 0.01, 0.05])
def test_client_that_dies_before_the_answer_and_retries_has_one_order(
    order_client: OrderClient, patience_s: float
) -> None:
    headers = order_client.ada.headers | {"Idempotency-Key": a_name()}
    before, place = count_of(order_client), urlsplit(str(order_client.client.base_url))
    request = order_client.client.build_request("POST", ORDERS, json=order_client.wanted(), headers=headers)
    lines = [f"{name}: {value}" for name, value in request.headers.items()]
    head = "\r\n".join([f"POST {ORDERS} HTTP/1.1", *lines, "", ""])
    with socket.create_connection((place.hostname, place.port)) as dying:
        dying.sendall(head.encode() + request.content)
        time.sleep(patience_s)
    answer = order_client.client.post(ORDERS, json=order_client.wanted(), headers=headers)
    assert answer.status_code == 201
    assert count_of(order_client) == before + 1


def test_own_orders_are_paged_newest_first(order_client: OrderClient) -> None:
    before = everything(order_client, limit=100)
    made = [order_client.ordered().rpartition("/")[2] for _ in range(5)]
    assert everything(order_client, limit=2) == made[::-1] + before
    assert everything(order_client, limit=100) == made[::-1] + before
    page = order_client.listed(limit=1).json()
    assert page.keys() == {"orders", "next_cursor"}
    assert page["orders"] == [order_client.read(f"{ORDERS}/{made[-1]}").json()]


def test_order_list_can_be_filtered_by_status(order_client: OrderClient) -> None:
    made = [order_client.ordered() for _ in range(3)]
    order_client.cancel(made[1])
    ids = [path.rpartition("/")[2] for path in made]
    cancelled = everything(order_client, status="CANCELLED", limit=1)
    created = everything(order_client, status="CREATED", limit=1)
    assert (cancelled[0], created[:2]) == (ids[1], [ids[2], ids[0]])
    assert set(cancelled).isdisjoint(created)
    assert everything(order_client, status="SHIPPED") == []


def test_account_without_orders_has_an_empty_list(order_client: OrderClient) -> None:
    customer = signed_up(order_client.client)
    found = order_client.client.get(ORDERS, headers=customer.headers)
    assert (found.status_code, found.json()) == (200, {"orders": [], "next_cursor": None})


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=101",
        "limit=",
        "limit=x",
        "status=",
        "status=created",
        "status=LOST",
        "cursor=",
        "cursor=x",
        "cursor=AAAA",
        "cursor=%C3%A4",
    ],
)
def test_invalid_order_query_is_400(order_client: OrderClient, query: str) -> None:
    answer = order_client.client.get(f"{ORDERS}?{query}", headers=order_client.ada.headers)
    assert assert_problem(answer, 400)["errors"][0]["field"] == query.partition("=")[0]


def test_order_cursor_of_another_list_is_400(order_client: OrderClient) -> None:
    for _ in range(2):
        order_client.ordered()
    cursor: Any = order_client.listed(limit=1).json()["next_cursor"]
    forged = cursor[:-1] + ("A" if cursor[-1] != "A" else "B")
    for query in ({"cursor": cursor, "status": "CREATED"}, {"cursor": forged}):
        assert assert_problem(order_client.listed(**query), 400)["errors"][0]["field"] == "cursor"
    foreign = order_client.client.get("/api/v1/birthdays/today", params={"cursor": cursor})
    assert_problem(foreign, 400)
