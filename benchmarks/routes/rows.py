"""That each write has left all of its rows, and no others."""

import asyncio
from collections.abc import Mapping

from benchmarks.database import connected
from benchmarks.errors import BenchError
from benchmarks.routes.catalogue import Route, Stored
from benchmarks.routes.data import LINES
from benchmarks.routes.sample_database import SampleDatabase

# One statement sees everything as of one moment: writes that no client waits for may still come in.
ORDERS = f"""
WITH new AS (SELECT * FROM orders WHERE created_at > now() - interval '1 day')
SELECT (SELECT count(*) FROM new) AS rows,
    (SELECT count(*) FROM new WHERE status = 'CREATED' AND version = 1 AND updated_at = created_at
        AND due_at = created_at + interval '5 s' AND total_cents =
            (SELECT sum(quantity * unit_price_cents) FROM order_lines WHERE order_id = id)) AS orders,
    (SELECT count(*) FROM order_lines JOIN new ON order_id = id
        JOIN items ON items.id = item_id AND items.title = order_lines.title
            AND price_cents = unit_price_cents) / {LINES}.0 AS lines,
    (SELECT count(*) FROM order_history AS move JOIN new ON order_id = id
        WHERE move.version = 1 AND move.status = 'CREATED' AND at = created_at) AS history,
    (SELECT count(*) FROM outbox) AS events,
    (SELECT count(*) FROM outbox JOIN new ON event_id = new.id || '-1'
        WHERE type = 'order.created' AND subject = new.id::text AND time = created_at
            AND shard = crc32(subject::bytea) % 16 AND outbox.traceparent IS NULL
            AND data->>'id' = subject AND (data->>'total_cents')::bigint = total_cents
            AND jsonb_array_length(data->'lines') = {LINES}) AS true_events,
    (SELECT count(*) FROM idempotency_keys AS used JOIN new ON order_id = id
        WHERE account_id = customer_id AND length(fingerprint) = 32 AND used.created_at = new.created_at
            AND split_part(convert_from(answer, 'UTF8'), E'\\n', 2)::jsonb->>'id' = id::text) AS keys
"""  # noqa: S608  # made of a constant
ITEMS = """
WITH new AS (SELECT * FROM items WHERE created_at > now() - interval '1 day')
SELECT (SELECT count(*) FROM new) AS rows,
    (SELECT count(*) FROM audit JOIN new ON subject_id = new.id
        WHERE action = 'item.created' AND at = created_at AND actor_id = owner_id
            AND details->>'title' = title AND details->>'description' = description) AS audit,
    (SELECT count(*) FROM outbox) AS events,
    (SELECT count(*) FROM outbox JOIN new ON event_id = new.id || '-1'
        WHERE type = 'item.created' AND subject = new.id::text AND time = created_at
            AND shard = crc32(subject::bytea) % 16 AND outbox.traceparent IS NULL
            AND data->>'owner_id' = owner_id::text AND data->>'title' = title) AS true_events
"""
# Of two saves of one person, the later event has the greater id.
PEOPLE = """
WITH latest AS (
    SELECT DISTINCT ON (name) name, born FROM outbox, jsonb_each_text(data) AS said (name, born)
    WHERE shard = 16 AND type = 'person.saved' ORDER BY name, id DESC
), changed AS (
    SELECT username, people.date_of_birth FROM people JOIN kept.people AS before USING (username)
    WHERE people.date_of_birth <> before.date_of_birth
)
SELECT (SELECT count(*) FROM changed) AS rows,
    (SELECT count(*) FROM changed JOIN latest ON name = username AND born = date_of_birth::text) AS events,
    (SELECT count(*) FROM latest JOIN people ON name = username WHERE born <> date_of_birth::text) AS wrong
"""
STATEMENTS = {Stored.ORDERS: ORDERS, Stored.ITEMS: ITEMS, Stored.PEOPLE: PEOPLE}


def check_rows(sample: SampleDatabase, route: Route, answered: range) -> None:
    """Raise `BenchError` unless there are as many rows of each kind as the writes must have left.

    `answered` allows for the writes whose answers the load generator did not wait for.
    """
    if route.stored is None:
        return
    counts = asyncio.run(count(sample.database.database_url, STATEMENTS[route.stored]))
    if problem := unequal(route, counts, answered):
        raise BenchError(f"{route.title} has left other rows than it should, {problem}: {counts}")


async def count(url: str, statement: str) -> Mapping[str, int]:
    async with connected(url) as connection:
        return dict(await connection.fetchrow(statement))


def unequal(route: Route, counts: Mapping[str, int], answered: range) -> str:
    """Return what is wrong, nothing when all is right."""
    rows = counts["rows"]
    if route.stored is not Stored.PEOPLE and rows not in answered:
        return f"{rows} instead of {answered.start} to {answered.stop - 1}"
    exceptions = {"keys": rows if route.keyed else 0, "wrong": 0}
    wrong = [name for name, found in counts.items() if found != exceptions.get(name, rows)]
    return ", ".join(wrong)
