"""The outbox in PostgreSQL: events, written in the transaction of the change they tell of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from hello.connectors.postgres.values import insert_all
from hello.core.traces import current_traceparent
from hello.entities.events import ORDER_EVENTS, PEOPLE_SHARD, PERSON_SAVED, Event, OutboxRow

CHANNEL, CHANGES = "outbox", "changes"
WAKE_RELAYS = func.pg_notify(CHANNEL, "")
# One row for all people of a statement: it costs next to nothing. It wakes no relay, as commits would wait
# for each other. It gets its id after all people are locked: events of one person are in order (ADR 27).
PACK_PERSON_SAVED = f"""
    INSERT INTO outbox (shard, event_id, type, subject, time, data, traceparent)
    SELECT {PEOPLE_SHARD}, '', '{PERSON_SAVED}', '', now(), jsonb_object($1::text[], $2::text[]), %s::text
"""
PACK = PACK_PERSON_SAVED % "$3"
PACK_AFTER_SAVED = f", event AS ({PACK_PERSON_SAVED % '$4'} FROM (SELECT count(*) FROM saved) AS locked)"  # noqa: S608
IDS_IN_NOTICE = 200  # of 36 letters: a notice has less than 8,000 bytes


def outbox_values(event: Event) -> dict[str, Any]:
    """Return what a row of the outbox has, by column; it belongs to the trace of the work at hand."""
    values = {one.name: getattr(event, one.name) for one in fields(event)}
    trace = event.traceparent or current_traceparent()
    return values | {"event_id": values.pop("id"), "shard": event.shard, "traceparent": trace}


def events_of(row: OutboxRow) -> list[Event]:
    """Return the events of a row in order; their ids are the same whenever the row is read."""
    if row.type != PERSON_SAVED:
        return [event_of(row, row.event_id, row.subject, row.data)]
    return [
        event_of(row, f"person-{row.id}-{username}", username, {"username": username, "dateOfBirth": born})
        for username, born in row.data.items()
    ]


def event_of(row: OutboxRow, event_id: str, subject: str, data: Mapping[str, Any]) -> Event:
    return Event(
        id=event_id, type=row.type, subject=subject, time=row.time, data=data, traceparent=row.traceparent
    )


def people_in_order(births: Mapping[str, date]) -> tuple[list[str], list[str]]:
    """Return names and dates, sorted; as text, since asyncpg makes 0001-01-01 into `-infinity`."""
    names = sorted(births)
    return names, [births[name].isoformat() for name in names]


@dataclass(frozen=True, slots=True)
class PostgresOutbox:
    session: AsyncSession

    async def add(self, *events: Event) -> None:
        """Wake the relays, and tell who follows an order, once the transaction has been committed."""
        rows = insert_all(OutboxRow, list(map(outbox_values, events)))
        notices = [func.pg_notify(CHANGES, ids) for ids in changed_orders(events)]
        await self.session.execute(select(WAKE_RELAYS, *notices).add_cte(rows.cte("rows")))

    async def add_person_saved(self, births: Mapping[str, date]) -> None:
        """Pack all of them into one row, and wake no relay."""
        connection = await self.session.connection()
        await connection.exec_driver_sql(PACK, (*people_in_order(births), current_traceparent()))

    async def oldest(self) -> datetime | None:
        return await self.session.scalar(select(OutboxRow.time).order_by(OutboxRow.id).limit(1))


def changed_orders(events: Sequence[Event]) -> list[str]:
    """Return the ids of the orders that the events are about, many in one notice."""
    ids = [event.subject for event in events if event.type.startswith(ORDER_EVENTS)]
    return [",".join(ids[start : start + IDS_IN_NOTICE]) for start in range(0, len(ids), IDS_IN_NOTICE)]
