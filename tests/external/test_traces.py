"""A request's `traceparent` travels with the events that it brings about."""

from uuid import UUID

import asyncpg
import pytest

from hello.connectors.embedded.servers import Servers
from tests.support.http.orders import ITEMS, ORDERS, OrderClient

pytestmark = pytest.mark.external
GIVEN = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
OF_SUBJECT = "SELECT traceparent FROM outbox WHERE subject = $1"


async def traces_of(servers: Servers, subject: str) -> list[str | None]:
    connection = await asyncpg.connect(servers.database_url)
    try:
        return [row[0] for row in await connection.fetch(OF_SUBJECT, str(UUID(subject)))]
    finally:
        await connection.close()


@pytest.mark.parametrize(
    ("given", "kept"), [([GIVEN], GIVEN), ([], None), (["nonsense"], None), ([GIVEN, GIVEN], None)]
)
async def test_events_belong_to_the_trace_of_the_request(
    order_client: OrderClient, servers: Servers, given: list[str], kept: str | None
) -> None:
    headers = [*order_client.ada.headers.items(), *(("traceparent", one) for one in given)]
    order = order_client.client.post(ORDERS, json=order_client.wanted(), headers=headers)
    item = order_client.client.post(ITEMS, json={"title": "A drum"}, headers=headers)
    for created in (order, item):
        assert created.status_code == 201
        assert await traces_of(servers, created.json()["id"]) == [kept]
