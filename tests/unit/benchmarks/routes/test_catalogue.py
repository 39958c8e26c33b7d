"""The routes and what is drawn for them."""

from uuid import UUID

import pytest
from benchmarks.routes.catalogue import NO_ACCOUNT, Kind, Stored, all_routes
from benchmarks.routes.data import ACCOUNTS, SampleData

ROUTES = all_routes()


@pytest.mark.parametrize("name", ROUTES)
def test_draws_are_the_same_in_each_run(name: str, data: SampleData) -> None:
    first, again = (list(ROUTES[name].requests(data)) for _ in range(2))
    assert first == again != []


@pytest.mark.parametrize("name", ROUTES)
def test_only_pages_that_many_ask_for_are_one_request(name: str, data: SampleData) -> None:
    requests = {(draw.path, draw.account, str(draw.body)) for draw in ROUTES[name].requests(data)}
    assert (len(requests) == 1) == (ROUTES[name].kind in {Kind.SHARED_PAGE, Kind.PLAIN})


def test_orders_are_read_by_their_customers(data: SampleData) -> None:
    customers = {order.id: order.account for order in data.orders}
    for draw in ROUTES["order"].requests(data):
        assert customers[UUID(draw.path.rpartition("/")[2])] == draw.account


def test_routes_of_accounts_have_tokens(data: SampleData) -> None:
    with_token = {name for name, route in ROUTES.items() if next(route.requests(data)).account != NO_ACCOUNT}
    assert with_token == {
        *("order", "me", "orders-one", "orders-many", "post-order", "post-order-key", "post-item"),
    }
    assert {draw.account for draw in ROUTES["me"].requests(data)} == set(range(ACCOUNTS))


def test_writes_say_what_they_store() -> None:
    assert {name: route.stored for name, route in ROUTES.items() if route.stored} == {
        "post-order": Stored.ORDERS,
        "post-order-key": Stored.ORDERS,
        "post-item": Stored.ITEMS,
        "put-person": Stored.PEOPLE,
    }
    assert [name for name, route in ROUTES.items() if route.keyed] == ["post-order-key"]
