"""No query about accounts, sessions, items or the audit trail reads a whole table, however much there is."""

from collections.abc import AsyncIterator
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from hello.connectors.postgres.unit_of_work import PostgresUnitOfWork
from tests.support.builders import NOON, a_change, a_session, an_account, an_item
from tests.support.query_plans import Query, plans_of

pytestmark = pytest.mark.integrated
ROWS, OWNERS = 20_000, 1_000
FIRST = UUID(int=1)
ID, OWNER = "lpad(to_hex(n), 32, '0')::uuid", f"lpad(to_hex(n % {OWNERS} + 1), 32, '0')::uuid"
POPULATION = {
    "accounts": f"SELECT {ID}, n, n, 'Ada', 'hash', 'user', now()",
    "sessions": f"SELECT {ID}, {OWNER}, 'hash', now(), NULL::timestamptz",
    "items": f"SELECT {ID}, 'A kite', NULL, 1999, {OWNER}, 1, now(), now()",
}
NOTES = f"INSERT INTO audit (at, action, subject_id, details) SELECT now(), 'item.updated', {OWNER}, '{{}}'"
NEW, KITE = a_session(an_account()), an_item(an_account())
NEW.account_id = KITE.id = KITE.owner_id = FIRST
CHANGE = a_change(FIRST)
WITHOUT_SEARCH = "ALTER TABLE items DISABLE TRIGGER follow_items"
"""To index so many takes longer than a statement may."""


@pytest.fixture(scope="module")
async def populated(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """Nothing of it stays."""
    numbers = f"FROM generate_series(1, {ROWS}) AS n"
    async with engine.connect() as connection, connection.begin() as outer:
        await connection.exec_driver_sql(WITHOUT_SEARCH)
        for table, rows in POPULATION.items():
            await connection.exec_driver_sql(f"INSERT INTO {table} {rows} {numbers}")
        await connection.exec_driver_sql(f"{NOTES} {numbers}")
        await connection.exec_driver_sql("ANALYZE accounts, sessions, items, audit")
        yield connection
        await outer.rollback()


@pytest.fixture
async def connection(populated: AsyncConnection) -> AsyncIterator[AsyncConnection]:
    async with populated.begin_nested() as nested:
        yield populated
        await nested.rollback()


@pytest.mark.parametrize(
    ("index", "query"),
    [
        pytest.param("pk_accounts", lambda tx: tx.accounts.find(FIRST), id="find an account"),
        pytest.param("uq_accounts_email_key", lambda tx: tx.accounts.find_by_email("7"), id="find by e-mail"),
        pytest.param(
            "pk_accounts", lambda tx: tx.accounts.set_password_hash(FIRST, "hash", "new"), id="new hash"
        ),
        pytest.param("pk_sessions", lambda tx: tx.sessions.find(FIRST), id="find a session"),
        pytest.param("ix_sessions_account_id", lambda tx: tx.sessions.add(NEW, NOON), id="clear sessions"),
        pytest.param("pk_sessions", lambda tx: tx.sessions.rotate(FIRST, b"new", NOON, NOON), id="rotate"),
        pytest.param(
            "pk_sessions", lambda tx: tx.sessions.replace_unused(FIRST, b"new"), id="replace unused"
        ),
        pytest.param("pk_sessions", lambda tx: tx.sessions.end(FIRST, CHANGE), id="end"),
        pytest.param(
            "ix_sessions_account_id", lambda tx: tx.sessions.end_others(FIRST, FIRST, NOON), id="end others"
        ),
        pytest.param("pk_items", lambda tx: tx.items.find(FIRST, lock=True), id="find an item"),
        pytest.param("pk_items", lambda tx: tx.items.replace(KITE, CHANGE), id="replace"),
        pytest.param("pk_items", lambda tx: tx.items.remove(FIRST, CHANGE), id="remove"),
        pytest.param("ix_items_owner_id_id", lambda tx: tx.items.page(5, 10, FIRST), id="items of one"),
        pytest.param("ix_audit_subject_id_id", lambda tx: tx.audit.page(FIRST, None, 10), id="trail of one"),
        pytest.param("ix_audit_subject_id_id", lambda tx: tx.audit.page(FIRST, 900, 10), id="its next page"),
        pytest.param("pk_audit", lambda tx: tx.audit.page(None, 10_000, 10), id="audit trail"),
    ],
)
async def test_no_catalogue_query_scans_a_table(
    rolled_back: PostgresUnitOfWork, connection: AsyncConnection, index: str, query: Query
) -> None:
    for plan in await plans_of(rolled_back, connection, query):
        assert "Seq Scan" not in plan, plan
        assert index in plan, plan


@pytest.mark.parametrize("skip", [0, 100])
async def test_the_newest_items_are_read_from_the_end_of_the_primary_key(
    rolled_back: PostgresUnitOfWork, connection: AsyncConnection, skip: int
) -> None:
    """How many there are in all has to be counted."""
    page, total = await plans_of(rolled_back, connection, lambda tx: tx.items.page(skip, 100, None))
    assert "Index Scan Backward using pk_items" in page, page
    assert "Seq Scan on items" not in page, page
    assert "Sort" not in page, page
    assert "Aggregate" in total, total
