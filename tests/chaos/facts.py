"""What PostgreSQL knows in the end, asked without the product."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg

Life = tuple[str, ...]
UNFINISHED = """
    SELECT
        (SELECT count(*) FROM orders WHERE due_at IS NOT NULL) AS moving,
        (SELECT count(*) FROM outbox) AS unpublished,
        (SELECT count(*) FROM orders WHERE status = 'SHIPPED')
            - (SELECT count(*) FROM inbox WHERE consumer = 'gifts') AS unhandled
"""
LIVES = """
    SELECT
        orders.id::text,
        (
            SELECT array_agg(coalesce(lower(history.status), 'updated') ORDER BY number)
            FROM generate_series(1, greatest(orders.version, last.version)) AS number
            LEFT JOIN order_history AS history ON history.order_id = orders.id AND history.version = number
        )
    FROM orders
    JOIN (SELECT order_id, max(version) AS version FROM order_history GROUP BY order_id) AS last
        ON last.order_id = orders.id
"""
GIFTS = "SELECT username, gifts FROM gifts_received"
DEAD = "SELECT event_id, reason FROM dead_letters"


@dataclass(frozen=True, slots=True)
class Facts:
    """`lives` are the states of each order, one for each of its versions; a change of lines is `updated`."""

    lives: Mapping[str, Life]
    gifts: Mapping[str, int]
    dead: Mapping[str, str]


async def facts_of(database_url: str) -> Facts:
    async with connection_to(database_url) as connection:
        lives = {order: tuple(life) for order, life in await connection.fetch(LIVES)}
        return Facts(lives, dict(await connection.fetch(GIFTS)), dict(await connection.fetch(DEAD)))


async def unfinished(database_url: str) -> Mapping[str, int]:
    """Count orders that will move by themselves, events to be published, and gifts to be counted."""
    async with connection_to(database_url) as connection:
        return dict(await connection.fetchrow(UNFINISHED))


@asynccontextmanager
async def connection_to(database_url: str) -> AsyncIterator[Any]:
    connection = await asyncpg.connect(database_url)
    try:
        yield connection
    finally:
        await connection.close()
