"""Accounts, sessions, items and the audit trail: how often PostgreSQL is asked, and what is one change."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeAlias
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from hello.connectors.postgres.unit_of_work import PostgresUnitOfWork
from hello.entities.accounts import Account
from hello.entities.errors import HelloError, UnauthorizedError
from hello.services.accounts import registration
from hello.services.items import ItemService
from hello.services.ports import Transaction
from hello.services.security import Caller, Verified
from hello.services.sessions import SessionService
from tests.support.builders import a_change, an_account, an_item
from tests.support.catalogue import GUESS, KITE, Catalogue
from tests.support.query_plans import without_savepoints
from tests.twins.security import TwinPasswords

pytestmark = pytest.mark.integrated
MOST = 100


@dataclass
class Settled:
    """What there is before a use case: Ada, her kite and two sessions, of which one has been refreshed."""

    catalogue: Catalogue
    ada: Caller
    used: str
    newest: str
    live: str
    kite: UUID

    @property
    def items(self) -> ItemService:
        return self.catalogue.items

    @property
    def sessions(self) -> SessionService:
        return self.catalogue.sessions


UseCase: TypeAlias = Callable[[Settled], Awaitable[object]]


@pytest.fixture
async def settled(rolled_back: PostgresUnitOfWork) -> Settled:
    """Nothing of it stays."""
    catalogue = Catalogue(rolled_back.begin)
    ada = await catalogue.register()
    used, live = await catalogue.log_in(), await catalogue.log_in()
    newest = (await catalogue.sessions.refresh(used)).refresh
    kite = (await catalogue.items.create(ada, KITE)).id
    return Settled(catalogue, ada, used, newest, live, kite)


@pytest.mark.parametrize(
    ("most", "use_case"),
    [
        pytest.param(1, lambda on: Catalogue(on.catalogue.begin).register(), id="register"),
        pytest.param(1, lambda on: on.catalogue.register(), id="register what is taken"),
        pytest.param(2, lambda on: on.catalogue.log_in(), id="log in"),
        pytest.param(1, lambda on: on.catalogue.log_in(GUESS), id="log in with a wrong password"),
        pytest.param(1, lambda on: Catalogue(on.catalogue.begin).log_in(), id="log in as nobody"),
        pytest.param(2, lambda on: on.sessions.refresh(on.live), id="refresh"),
        pytest.param(2, lambda on: on.sessions.refresh(on.used), id="refresh with a used token"),
        pytest.param(2, lambda on: on.sessions.log_out(on.ada, on.live), id="log out"),
        pytest.param(3, lambda on: on.items.create(on.ada, KITE), id="create"),
        pytest.param(2, lambda on: on.items.page(0, MOST, on.ada.account_id), id="list items of one"),
        pytest.param(3, lambda on: on.items.replace(on.ada, on.kite, KITE, None), id="replace"),
        pytest.param(1, lambda on: on.items.replace(on.ada, on.kite, KITE, frozenset()), id="replace stale"),
        pytest.param(3, lambda on: on.items.remove(on.ada, on.kite, None), id="remove"),
        pytest.param(1, lambda on: on.catalogue.audit.page(None, None, 20), id="audit trail"),
        pytest.param(1, lambda on: on.catalogue.audit.page(on.kite, None, 20), id="audit trail of one"),
    ],
)
async def test_no_use_case_takes_more_than_three_statements(
    settled: Settled, queries: list[str], most: int, use_case: UseCase
) -> None:
    queries.clear()
    await done(use_case(settled))
    assert len(without_savepoints(queries)) == most, without_savepoints(queries)


async def done(work: Awaitable[object]) -> None:
    """Do it, whether it is refused or not."""
    with suppress(HelloError):
        await work


async def test_rehash_after_a_log_in_takes_one_statement(settled: Settled, queries: list[str]) -> None:
    catalogue = settled.catalogue
    catalogue.passwords.cost = "dear"
    queries.clear()
    await catalogue.log_in()
    assert len(without_savepoints(queries)) == 2
    [job] = catalogue.jobs
    queries.clear()
    await job.run()
    assert len(without_savepoints(queries)) == 1
    await catalogue.log_in()
    assert catalogue.jobs == [job]


@pytest.mark.parametrize("limit", [1, MOST])
async def test_a_page_of_many_items_of_many_owners_takes_no_more_statements(
    rolled_back: PostgresUnitOfWork, queries: list[str], limit: int
) -> None:
    catalogue = Catalogue(rolled_back.begin)
    async with rolled_back.begin() as tx:
        owners = [await stored(tx, an_account()) for _ in range(MOST)]
        for owner in owners:
            item = an_item(owner)
            await tx.items.add(item, a_change(item.id))
    queries.clear()
    found, _ = await catalogue.items.page(0, limit, None)
    assert [shown.owner_id for shown in found] == [owner.id for owner in owners[::-1]][:limit]
    assert {shown.owner_name for shown in found} == {"Ada Lovelace"}
    assert len(without_savepoints(queries)) == 2


async def test_no_transaction_is_open_while_a_password_is_looked_at(
    settled: Settled, connection: AsyncConnection
) -> None:
    """A slow hash must not keep a connection from others."""

    class Watching(TwinPasswords):
        async def verify(self, password: str, stored: str | None) -> Verified:
            nested.append(connection.in_nested_transaction())
            return await super().verify(password, stored)

    nested = list[bool]()
    watching = Catalogue(settled.catalogue.begin, passwords=Watching(), email=settled.catalogue.email)
    await watching.log_in()
    assert nested == [False]


async def stored(tx: Transaction, account: Account) -> Account:
    await tx.accounts.add(account, registration(account))
    return account


@pytest.mark.parametrize(
    ("table", "use_case"),
    [
        pytest.param("accounts", lambda on: Catalogue(on.catalogue.begin).register(), id="register"),
        pytest.param("sessions", lambda on: on.sessions.log_out(on.ada, on.live), id="log out"),
        pytest.param("sessions", lambda on: on.sessions.refresh(on.used), id="refresh with a used token"),
        pytest.param("items", lambda on: on.items.create(on.ada, KITE), id="create"),
        pytest.param("items", lambda on: on.items.replace(on.ada, on.kite, KITE, None), id="replace"),
    ],
)
async def test_a_change_and_its_entry_are_one_statement(
    settled: Settled, connection: AsyncConnection, table: str, use_case: UseCase
) -> None:
    """Every row says which command of which transaction wrote it."""
    await done(use_case(settled))
    entry = await connection.execute(
        text("SELECT xmin::text, cmin::text FROM audit ORDER BY id DESC LIMIT 1")
    )
    [written] = entry.all()
    count = text(f"SELECT count(*) FROM {table} WHERE (xmin::text, cmin::text) = (:xmin, :cmin)")  # noqa: S608
    assert await connection.scalar(count, {"xmin": written.xmin, "cmin": written.cmin}) == 1


@pytest.mark.parametrize("change", ["UPDATE audit SET action = ''", "DELETE FROM audit", "TRUNCATE audit"])
async def test_audit_rows_cannot_be_changed_or_removed(
    settled: Settled, connection: AsyncConnection, change: str
) -> None:
    with pytest.raises(DBAPIError, match="only ever added"):
        async with connection.begin_nested():
            await connection.execute(text(change))
    found, _ = await settled.catalogue.audit.page(settled.kite, None, 9)
    assert [entry.action for entry in found] == ["item.created"]


async def test_change_without_an_audit_entry_is_rolled_back(rolled_back: PostgresUnitOfWork) -> None:
    """PostgreSQL stores no NUL, not even in JSON."""
    ada, kite = an_account(), an_item(an_account())
    kite.owner_id = ada.id
    async with rolled_back.begin() as tx:
        await stored(tx, ada)
    with pytest.raises(DBAPIError):
        async with rolled_back.begin() as tx:
            await tx.items.add(kite, a_change(kite.id, title="\0"))
    async with rolled_back.begin() as tx:
        assert await tx.items.find(kite.id) is None
        assert await tx.audit.page(kite.id, None, 9) == []


async def test_failed_change_has_no_audit_entry(rolled_back: PostgresUnitOfWork) -> None:
    """Nobody owns this item, and the foreign key says so at the end of the statement."""
    kite = an_item(an_account())
    with pytest.raises(UnauthorizedError):
        async with rolled_back.begin() as tx:
            await tx.items.add(kite, a_change(kite.id))
    async with rolled_back.begin() as tx:
        assert await tx.audit.page(kite.id, None, 9) == []
