"""What a customer does, with the Python client that openapi-python-client generates."""

import sys
from datetime import date
from uuid import UUID, uuid4

from hello_client import AuthenticatedClient, Client
from hello_client.api.accounts import log_in, register_account
from hello_client.api.birthdays import greet_person, save_person
from hello_client.api.items import create_item
from hello_client.api.orders import create_order, list_orders
from hello_client.models import (
    AccountResponse,
    GreetingResponse,
    ItemRequest,
    ItemResponse,
    LineRequest,
    LoginRequest,
    OrderRequest,
    OrderResponse,
    OrdersResponse,
    PersonRequest,
    Problem,
    RegisterRequest,
    TokenResponse,
)
from hello_client.types import UNSET

ORDERS, PAGE = 5, 2


def main(url: str) -> None:
    client = Client(base_url=url, raise_on_unexpected_status=True)
    greet(client)
    meet_a_problem(client)
    order(AuthenticatedClient(base_url=url, token=signed_up(client), raise_on_unexpected_status=True))


def greet(client: Client) -> None:
    saved = save_person.sync_detailed("John", client=client, body=PersonRequest(date(1990, 5, 17)))
    assert saved.status_code == 204, saved
    greeting = greet_person.sync("John", client=client, tz="Europe/Paris")
    assert isinstance(greeting, GreetingResponse), greeting
    assert greeting.message.startswith("Hello, John! ")


def meet_a_problem(client: Client) -> None:
    problem = greet_person.sync("Stranger", client=client)
    assert isinstance(problem, Problem), problem
    assert (problem.status, problem.instance) == (404, "/hello/Stranger")


def signed_up(client: Client) -> str:
    email, password = f"{uuid4().hex}@example.com", "correct horse battery"
    account = register_account.sync(client=client, body=RegisterRequest(email, password, "Ada Lovelace"))
    assert isinstance(account, AccountResponse), account
    tokens = log_in.sync(client=client, body=LoginRequest(email, password))
    assert isinstance(tokens, TokenResponse), tokens
    return str(tokens.access_token)  # no types where the client is not generated yet


def order(client: AuthenticatedClient) -> None:
    item = create_item.sync(client=client, body=ItemRequest("A kite", price_cents=1999))
    assert isinstance(item, ItemResponse), item
    body = OrderRequest([LineRequest(item.id, 2)], recipient="John")
    made = [create_order.sync(client=client, body=body, idempotency_key=uuid4().hex) for _ in range(ORDERS)]
    ids = {one.id for one in made if isinstance(one, OrderResponse) and one.total_cents == 2 * 1999}
    assert len(ids) == ORDERS, made
    assert listed(client) == ids


def listed(client: AuthenticatedClient) -> set[UUID]:
    """Read page by page."""
    found: set[UUID] = set()
    cursor: str | None = None
    while True:
        page = list_orders.sync(client=client, limit=PAGE, cursor=cursor or UNSET)
        assert isinstance(page, OrdersResponse), page
        found |= {one.id for one in page.orders}
        cursor = page.next_cursor
        if cursor is None:
            return found


if __name__ == "__main__":
    main(sys.argv[1])
