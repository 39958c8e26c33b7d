"""Rows of the outbox belong to the trace of the work that writes them, also those of many people."""

from datetime import date

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from hello.connectors.postgres.person_lookup import open_person_lookup
from hello.connectors.postgres.unit_of_work import PostgresUnitOfWork
from hello.connectors.postgres.watched_statements import BatchWatch
from hello.core.batching import Bounds
from hello.core.traces import trace_id_of, traced
from tests.support.builders import a_name
from tests.twins.events import an_event
from tests.twins.traces import RECORDED, SILENT, TRACE_ID, TwinTracer

pytestmark = pytest.mark.integrated
BORN = date(1990, 5, 17)
OF_PERSON = "SELECT traceparent FROM outbox WHERE type = 'person.saved' AND data ? :name"
OF_SUBJECT = "SELECT traceparent FROM outbox WHERE subject = :name"


async def stored(engine: AsyncEngine, query: str, name: str) -> str | None:
    async with engine.connect() as connection:
        traceparent: str | None = (await connection.execute(text(query), {"name": name})).scalar_one()
        return traceparent


@pytest.mark.parametrize("traceparent", [RECORDED, SILENT, None])
async def test_event_has_the_trace_at_hand(
    engine: AsyncEngine, unit_of_work: PostgresUnitOfWork, traceparent: str | None
) -> None:
    event, name = an_event(), a_name()
    with traced(traceparent):
        async with unit_of_work.begin() as tx:
            await tx.outbox.add(event)
            await tx.outbox.add_person_saved({name: BORN})
    assert await stored(engine, OF_SUBJECT, event.subject) == traceparent
    assert await stored(engine, OF_PERSON, name) == traceparent


@pytest.mark.parametrize(("traceparent", "trace_id"), [(RECORDED, TRACE_ID), (SILENT, None), (None, None)])
async def test_people_saved_together_have_the_trace_of_their_batch(
    engine: AsyncEngine, traceparent: str | None, trace_id: str | None
) -> None:
    name, tracer = a_name(), TwinTracer()
    async with open_person_lookup(engine, lambda: [101], Bounds(), watch=BatchWatch(tracer)) as lookup:
        with traced(traceparent):
            await lookup.save(name, BORN)
    found = await stored(engine, OF_PERSON, name)
    assert trace_id_of(found) == trace_id
    assert [span.name for span in tracer.spans] == (["WITH", "batch save"] if trace_id else [])
    assert found is None or found != traceparent, "it is the span of the statement or of the batch"
