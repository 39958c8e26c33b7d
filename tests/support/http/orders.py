"""What tests of orders over HTTP share: two processes, people who order, and workers in a hurry."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx

from hello.connectors.embedded.servers import Servers
from hello.connectors.postgres.engine import Database, open_engine
from hello.connectors.postgres.unit_of_work import PostgresUnitOfWork
from hello.core.clock import now
from hello.services.order_progress import OrderProgress
from tests.support.builders import a_name
from tests.support.http.accounts import LoggedIn, client_of, signed_up
from tests.support.http.birthdays import save_birthday
from tests.support.http.running import running_api
from tests.support.http.tokens import SECRET

ORDERS, ITEMS = "/api/v1/orders", "/api/v1/items"
HOUR = timedelta(hours=1)
ADMIN_TOKEN = "break glass in case of emergency only"  # noqa: S105
SETTINGS = {
    "SECRET_KEY": SECRET,
    "ADMIN_TOKEN": ADMIN_TOKEN,
    "ORDER_CONFIRM_DELAY_S": str(HOUR.total_seconds()),
    "RATE_LIMIT_ACCOUNTS": "off",
    "RATE_LIMIT_LOGIN_ADDRESS": "off",
    "RATE_LIMIT_ITEMS": "off",
    "RATE_LIMIT_SEARCH": "off",
    "RATE_LIMIT_ORDERS": "off",
    "RATE_LIMIT_AUDIT": "off",
}


@dataclass(frozen=True, slots=True)
class OrderClient:
    """Ada orders her own kite; Grace is somebody else; `john` has a birthday."""

    client: httpx.Client
    other: httpx.Client
    ada: LoggedIn
    grace: LoggedIn
    kite: str
    john: str

    def wanted(self, quantity: int = 1, **more: object) -> dict[str, Any]:
        return {"lines": [{"item_id": self.kite, "quantity": quantity}], **more}

    def order(self, body: object = None, **headers: str) -> httpx.Response:
        return self.client.post(ORDERS, json=body or self.wanted(), headers=self.ada.headers | named(headers))

    def ordered(self, quantity: int = 1) -> str:
        """Return where a new order is."""
        created = self.order(self.wanted(quantity))
        assert created.status_code == 201, created.text
        return str(created.headers["Location"])

    def read(self, path: str) -> httpx.Response:
        return self.client.get(path, headers=self.ada.headers)

    def replace(self, path: str, body: object = None, **headers: str) -> httpx.Response:
        return self.client.put(path, json=body or self.wanted(), headers=self.ada.headers | named(headers))

    def cancel(self, path: str, **headers: str) -> httpx.Response:
        return self.client.delete(path, headers=self.ada.headers | named(headers))

    def listed(self, **query: object) -> httpx.Response:
        return self.client.get(ORDERS, params=query, headers=self.ada.headers)  # type: ignore[arg-type]

    def item(self, **content: object) -> str:
        created = self.client.post(ITEMS, json=content, headers=self.ada.headers)
        assert created.status_code == 201, created.text
        return str(created.json()["id"])


def named(headers: dict[str, str]) -> dict[str, str]:
    """Write `if_match` as the header is written."""
    return {name.replace("_", "-"): value for name, value in headers.items()}


@contextmanager
def open_pair(servers: Servers) -> Iterator[list[httpx.Client]]:
    """Start two processes; return a client of each."""
    with ExitStack() as stack:
        apis = [stack.enter_context(running_api(servers, **SETTINGS)) for _ in range(2)]
        yield [stack.enter_context(client_of(api)) for api in apis]


def open_order_client(client: httpx.Client, other: httpx.Client) -> OrderClient:
    ada, grace, john = signed_up(client), signed_up(client), a_name()
    assert save_birthday(client, john, "1990-05-17").status_code == 204
    order_client = OrderClient(client, other, ada, grace, "", john)
    kite = order_client.item(title="A kite", price_cents=1999)
    return OrderClient(client, other, ada, grace, kite, john)


async def advance_orders(servers: Servers) -> None:
    """Do what workers would have done an hour from now; what is confirmed then ships an hour later."""
    database = Database(dsn=servers.database_url, application_name="hello-test")
    async with open_engine(database) as engine:
        unit_of_work = PostgresUnitOfWork.of(engine, 5)
        later = now() + HOUR
        progress = OrderProgress(
            begin=unit_of_work.begin, now=lambda: later, ship_delay=timedelta(0), count_move=lambda _: None
        )
        await progress.advance(1000)
