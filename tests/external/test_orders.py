"""Orders to the letter of the contract."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from hello.connectors.embedded.servers import Servers
from tests.support.http.accounts import client_of, signed_up
from tests.support.http.messages import JSON, assert_problem
from tests.support.http.orders import ORDERS, OrderClient, advance_orders
from tests.support.http.running import running_api

pytestmark = pytest.mark.external
FIELDS = {
    "id",
    "status",
    "lines",
    "total_cents",
    "recipient",
    "version",
    "created_at",
    "updated_at",
    "history",
}


@pytest.fixture
def kites(order_client: OrderClient) -> str:
    """Where an order of two kites is."""
    return order_client.ordered(2)


def states(answer: httpx.Response) -> list[str]:
    return [move["status"] for move in answer.json()["history"]]


def assert_order(answer: httpx.Response, code: int, /, **content: object) -> dict[str, Any]:
    assert (answer.status_code, answer.headers["Content-Type"]) == (code, "application/json"), answer.text
    order: dict[str, Any] = answer.json()
    assert order.keys() == FIELDS
    assert {name: order[name] for name in content} == content
    assert answer.headers["ETag"] == f'"{order["version"]}"'
    assert order["history"][-1]["status"] == order["status"]
    times = [order["created_at"], order["updated_at"], *(move["at"] for move in order["history"])]
    assert all(time.endswith("Z") for time in times)
    return order


def assert_field(answer: httpx.Response, field: str) -> None:
    problem = assert_problem(answer, 400)
    assert [wrong["field"] for wrong in problem["errors"]] == [field]
    assert field in problem["detail"]


def test_created_order_is_201_with_its_location(order_client: OrderClient) -> None:
    created = order_client.order(order_client.wanted(3, recipient=order_client.john))
    line = {"item_id": order_client.kite, "title": "A kite", "unit_price_cents": 1999, "quantity": 3}
    content: dict[str, object] = {"status": "CREATED", "lines": [line], "total_cents": 5997, "version": 1}
    order = assert_order(created, 201, recipient=order_client.john, **content)
    assert created.headers["Location"] == f"{ORDERS}/{order['id']}"
    assert UUID(order["id"]).version == 7
    assert order["history"] == [{"status": "CREATED", "at": order["created_at"]}]
    assert order["updated_at"] == order["created_at"]
    made = datetime.fromisoformat(order["created_at"])
    assert abs(made - datetime.now(UTC)) < timedelta(minutes=1)
    assert_order(order_client.read(created.headers["Location"]), 200, **order)


def test_order_without_a_recipient_is_201(order_client: OrderClient) -> None:
    for body in (order_client.wanted(), order_client.wanted(recipient=None)):
        assert_order(order_client.order(body), 201, recipient=None)


def test_titles_and_prices_are_copied_until_the_order_is_changed(order_client: OrderClient) -> None:
    item_id = order_client.item(title="A drum", price_cents=100)
    body = {"lines": [{"item_id": item_id, "quantity": 2}]}
    path = order_client.order(body).headers["Location"]
    dearer = {"title": "A dear drum", "price_cents": 900}
    order_client.client.put(f"/api/v1/items/{item_id}", json=dearer, headers=order_client.ada.headers)
    assert assert_order(order_client.read(path), 200, total_cents=200)["lines"][0]["title"] == "A drum"
    changed = assert_order(order_client.replace(path, body, if_match='"1"'), 200, total_cents=1800, version=2)
    assert changed["lines"][0]["title"] == "A dear drum"
    order_client.client.delete(f"/api/v1/items/{item_id}", headers=order_client.ada.headers)
    assert_order(order_client.read(path), 200, **changed)
    assert_field(order_client.replace(path, body, if_match='"2"'), "lines.0.item_id")


@pytest.mark.parametrize(
    ("lines", "field"),
    [
        (None, "lines"),
        ([], "lines"),
        ("x", "lines"),
        ([{"quantity": 1}] * 101, "lines"),
        ([{"quantity": 0}], "lines.0.quantity"),
        ([{"quantity": 1001}], "lines.0.quantity"),
        ([{"quantity": 1}, {"quantity": "1"}], "lines.1.quantity"),
        ([{"quantity": True}], "lines.0.quantity"),
        ([{"quantity": 1.5}], "lines.0.quantity"),
        ([{}], "lines.0.quantity"),
        ([{"quantity": 1, "item_id": "x"}], "lines.0.item_id"),
        ([{"quantity": 1, "item_id": None}], "lines.0.item_id"),
        ([{"quantity": 1}, {"quantity": 1, "item_id": str(uuid4())}], "lines.1.item_id"),
    ],
)
def test_bad_lines_are_400(order_client: OrderClient, kites: str, lines: Any, field: str) -> None:  # noqa: ANN401
    if isinstance(lines, list):
        lines = [{"item_id": order_client.kite} | line for line in lines]
    for answer in (
        order_client.order({"lines": lines}),
        order_client.replace(kites, {"lines": lines}, if_match="*"),
    ):
        assert_field(answer, field)
    assert_order(order_client.read(kites), 200, version=1)


@pytest.mark.parametrize("recipient", ["", "john1", "j\n", "Z" * 101, "é", 1, "NobodyIsCalledLikeThis"])
def test_a_bad_recipient_is_400(order_client: OrderClient, recipient: object) -> None:
    assert_field(order_client.order(order_client.wanted(recipient=recipient)), "recipient")


def test_an_item_without_a_price_is_400(order_client: OrderClient) -> None:
    item_id = order_client.item(title="A smile")
    assert_field(order_client.order({"lines": [{"item_id": item_id, "quantity": 1}]}), "lines.0.item_id")


def test_largest_order_is_201(order_client: OrderClient) -> None:
    item_id = order_client.item(title="x" * 200, price_cents=10**9)
    order = order_client.order({"lines": [{"item_id": item_id, "quantity": 1000}] * 100})
    assert_order(order, 201, total_cents=10**14)
    assert len(order_client.read(order.headers["Location"]).json()["lines"]) == 100


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"{", b"{}", b'{"lines": [NaN]}', b'"\\ud800"'])
def test_malformed_order_body_is_400(order_client: OrderClient, kites: str, body: bytes) -> None:
    for method, path in (("POST", ORDERS), ("PUT", kites)):
        headers = order_client.ada.headers | JSON | {"If-Match": "*"}
        assert_problem(order_client.client.request(method, path, content=body, headers=headers), 400)


def test_order_body_of_another_type_is_415_and_too_large_is_413(
    order_client: OrderClient, kites: str
) -> None:
    for method, path in (("POST", ORDERS), ("PUT", kites)):
        text = order_client.ada.headers | {"Content-Type": "text/plain", "If-Match": "*"}
        assert_problem(order_client.client.request(method, path, content=b"{}", headers=text), 415)
        large = order_client.wanted() | {"x": "x" * 2**20}
        assert_problem(
            order_client.client.request(method, path, json=large, headers=order_client.ada.headers), 413
        )


def test_orders_without_a_token_are_401(order_client: OrderClient, kites: str) -> None:
    for method, path in (
        ("GET", ORDERS),
        ("POST", ORDERS),
        ("GET", kites),
        ("PUT", kites),
        ("DELETE", kites),
    ):
        body = order_client.wanted() if method in {"POST", "PUT"} else None
        for headers in ({}, {"Authorization": "Bearer x"}):
            refused = order_client.client.request(method, path, json=body, headers=headers)
            assert_problem(refused, 401)
            assert refused.headers["WWW-Authenticate"] == "Bearer"


def test_order_of_another_account_is_404(order_client: OrderClient, kites: str) -> None:
    """Nor does one learn that it does by a version or a body."""
    headers = order_client.grace.headers | {"If-Match": '"1"'}
    for path in (kites, f"{ORDERS}/{uuid4()}"):
        for method in ("GET", "PUT", "DELETE"):
            body = order_client.wanted() if method == "PUT" else None
            problem = assert_problem(
                order_client.client.request(method, path, json=body, headers=headers), 404
            )
            assert problem["detail"] == "no such order"
    assert_order(order_client.read(kites), 200, version=1)


@pytest.mark.parametrize(
    "order_id",
    ["x", "1", "%00", "0198c5de7a3b7c1e8f2a3d4b5c6d7e8f", "%7B0198c5de-7a3b-7c1e-8f2a-3d4b5c6d7e8f%7D"],
)
def test_malformed_order_id_is_400(order_client: OrderClient, order_id: str) -> None:
    for method in ("GET", "PUT", "DELETE"):
        body = order_client.wanted() if method == "PUT" else None
        path, headers = f"{ORDERS}/{order_id}", order_client.ada.headers | {"If-Match": "*"}
        assert_field(order_client.client.request(method, path, json=body, headers=headers), "order_id")


def test_other_methods_are_405(order_client: OrderClient, kites: str) -> None:
    for path, allowed in ((ORDERS, {"POST"}), (kites, {"PUT", "DELETE"})):
        refused = order_client.client.patch(path, headers=order_client.ada.headers)
        assert_problem(refused, 405)
        assert set(refused.headers["Allow"].split(", ")) == {"GET", "HEAD", *allowed}


def test_order_change_needs_a_current_if_match(order_client: OrderClient, kites: str) -> None:
    before = order_client.read(kites)
    body = order_client.wanted(5, recipient=order_client.john)
    assert_problem(order_client.replace(kites, body), 428)
    for stale in ('"0"', '"2"', 'W/"1"', '"x"', ""):
        assert_problem(order_client.replace(kites, body, if_match=stale), 412)
    changed = assert_order(
        order_client.replace(kites, body, if_match=before.headers["ETag"]), 200, version=2, total_cents=9995
    )
    assert (changed["recipient"], changed["created_at"]) == (order_client.john, before.json()["created_at"])
    assert changed["updated_at"] > before.json()["updated_at"]
    assert changed["history"] == before.json()["history"]
    assert_order(order_client.read(kites), 200, **changed)
    assert_problem(order_client.replace(kites, body, if_match=before.headers["ETag"]), 412)
    assert_order(order_client.replace(kites, if_match="*"), 200, version=3, recipient=None)


def test_an_order_is_cancelled_and_stays_readable(order_client: OrderClient, kites: str) -> None:
    assert_problem(order_client.cancel(kites, if_match='"2"'), 412)
    cancelled = order_client.cancel(kites, if_match='"1"')
    assert (cancelled.status_code, cancelled.content) == (204, b"")
    order = order_client.read(kites)
    assert_order(order, 200, status="CANCELLED", version=2, total_cents=3998)
    assert states(order) == ["CREATED", "CANCELLED"]
    assert_problem(order_client.cancel(kites), 409)
    assert_problem(order_client.cancel(kites, if_match='"1"'), 412)
    assert_problem(order_client.replace(kites, if_match='"1"'), 412)
    assert_problem(order_client.replace(kites, if_match='"2"'), 409)


async def test_order_is_confirmed_and_shipped_in_time(order_client: OrderClient, servers: Servers) -> None:
    shipped, cancelled = order_client.ordered(), order_client.ordered()
    await advance_orders(servers)
    for path in (shipped, cancelled):
        assert_order(order_client.read(path), 200, status="CONFIRMED", version=2)
        assert_problem(order_client.replace(path, if_match='"1"'), 412)
        assert_problem(order_client.replace(path, if_match='"2"'), 409)
    assert order_client.cancel(cancelled).status_code == 204
    await advance_orders(servers)
    assert states(order_client.read(cancelled)) == ["CREATED", "CONFIRMED", "CANCELLED"]
    order = order_client.read(shipped)
    assert_order(order, 200, status="SHIPPED", version=3)
    assert states(order) == ["CREATED", "CONFIRMED", "SHIPPED"]
    times = [move["at"] for move in order.json()["history"]]
    assert times == sorted(times)
    for tag in (None, '"3"', "*"):
        assert_problem(order_client.cancel(shipped, **({"if_match": tag} if tag else {})), 409)
    assert_order(order_client.read(shipped), 200, version=3)


def test_order_limits_are_counted_by_account(servers: Servers) -> None:
    with running_api(servers, RATE_LIMIT_ORDERS="2/minute") as api, client_of(api) as client:
        ada, grace = signed_up(client), signed_up(client)
        for expected in (200, 200, 429):
            answer = client.get(ORDERS, headers=ada.headers)
            assert answer.status_code == expected
            assert answer.headers["RateLimit-Policy"] == '"orders";q=2;w=60'
        assert_problem(answer, 429)
        assert int(answer.headers["Retry-After"]) > 0
        assert client.get(ORDERS, headers=grace.headers).status_code == 200


def test_cors_allows_the_headers_of_orders(servers: Servers) -> None:
    origin = "https://shop.example"
    with running_api(servers, CORS_ORIGINS=origin) as api, client_of(api, Origin=origin) as client:
        wanted = "authorization,content-type,idempotency-key,if-match"
        headers = {"Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": wanted}
        assert client.options(ORDERS, headers=headers).status_code == 200


def test_description_lists_the_statuses_of_orders(order_client: OrderClient) -> None:
    paths = order_client.client.get("/openapi.json").json()["paths"]
    collection, one = paths[ORDERS], paths[f"{ORDERS}/{{order_id}}"]
    always = {"default", "400", "401", "408", "414", "429", "431", "503"}
    body = {"413", "415"}
    assert collection["get"]["responses"].keys() == always | {"200"}
    assert collection["post"]["responses"].keys() == always | body | {"201", "409", "422"}
    assert one["get"]["responses"].keys() == always | {"200", "404"}
    assert one["put"]["responses"].keys() == always | body | {"200", "404", "409", "412", "428"}
    assert one["delete"]["responses"].keys() == always | {"204", "404", "409", "412"}
    names = {parameter["name"].lower() for parameter in collection["post"]["parameters"]}
    assert names == {"idempotency-key"}
