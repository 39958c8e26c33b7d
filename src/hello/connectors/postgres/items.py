"""Items in PostgreSQL, always together with their owners."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import groupby
from operator import itemgetter
from uuid import UUID

import asyncpg
from sqlalchemy import ARRAY, Uuid, any_, delete, func, insert, literal, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from hello.connectors.postgres.audit import with_audit
from hello.connectors.postgres.batches import BatchedLookup, Batches
from hello.connectors.postgres.values import insert_all, values_of
from hello.core.batching import Callback
from hello.entities.audit import AuditEntry, AuditRecord
from hello.entities.items import Item, ItemView
from hello.services.lookups import ItemPage, ItemPageKey

WITH_OWNER = joinedload(Item.owner, innerjoin=True)
PAGES_IN_BATCH, NEAR = 50, 1000
VIEW = """
    item.id, item.title, item.description, item.price_cents, item.owner_id, account.full_name, item.version,
    item.created_at, item.updated_at
"""
OWNER = "JOIN accounts AS account ON account.id = item.owner_id"
FIND = f"SELECT {VIEW} FROM items AS item {OWNER} WHERE item.id = ANY($1::uuid[])"  # noqa: S608
# One scan from the newest item on, and one count, for all pages of a batch: each takes longer than a page.
# A generic plan guesses how many are wanted: OFFSET 0 keeps it from reading the whole table for the join.
PAGES = f"""
    WITH newest AS (
        SELECT id, row_number() OVER (ORDER BY id DESC) AS place FROM items ORDER BY id DESC LIMIT $3
    )
    SELECT wanted.number, counted.total, shown.*
    FROM (SELECT count(*) AS total FROM items) AS counted
    CROSS JOIN unnest($1::int[], $2::int[]) WITH ORDINALITY AS wanted (skipped, size, number)
    CROSS JOIN LATERAL generate_series(wanted.skipped + 1, wanted.skipped + wanted.size) AS place
    LEFT JOIN newest USING (place)
    LEFT JOIN LATERAL (
        SELECT {VIEW} FROM items AS item {OWNER} WHERE item.id = newest.id OFFSET 0
    ) AS shown ON true
    ORDER BY wanted.number, place
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class PostgresItems:
    session: AsyncSession

    async def add(self, item: Item, record: AuditRecord) -> None:
        await self.session.execute(with_audit(insert(Item).values(values_of(item)), record))

    async def add_all(self, items: Sequence[Item], records: Sequence[AuditRecord]) -> None:
        await self.session.execute(insert_all(Item, list(map(values_of, items))))
        await self.session.execute(insert_all(AuditEntry, list(map(asdict, records))))

    async def find(self, item_id: UUID, *, lock: bool = False) -> Item | None:
        query = select(Item).where(Item.id == item_id).options(WITH_OWNER)
        return await self.session.scalar(query.with_for_update(of=Item) if lock else query)

    async def find_all(self, item_ids: Collection[UUID]) -> Mapping[UUID, Item]:
        wanted = literal(list(item_ids), ARRAY(Uuid))
        items = await self.session.scalars(select(Item).where(Item.id == any_(wanted)))
        return {item.id: item for item in items}

    async def page(self, skip: int, limit: int, owner_id: UUID | None) -> tuple[Sequence[Item], int]:
        query, total = select(Item).options(WITH_OWNER), select(func.count()).select_from(Item)
        if owner_id is not None:
            query, total = query.where(Item.owner_id == owner_id), total.where(Item.owner_id == owner_id)
        items = await self.session.scalars(query.order_by(Item.id.desc()).offset(skip).limit(limit))
        return items.all(), await self.session.scalar(total) or 0

    async def page_by_id(self, after: UUID | None, limit: int) -> Sequence[Item]:
        query = select(Item).order_by(Item.id).limit(limit)
        return (await self.session.scalars(query if after is None else query.where(Item.id > after))).all()

    async def replace(self, item: Item, record: AuditRecord) -> None:
        statement = update(Item).where(Item.id == item.id).values(values_of(item))
        await self.session.execute(with_audit(statement, record))

    async def remove(self, item_id: UUID, record: AuditRecord) -> None:
        statement = delete(Item).where(Item.id == item_id)
        await self.session.execute(with_audit(statement, record))

    async def remove_owned(self, owner_id: UUID, limit: int, record: AuditRecord) -> Sequence[UUID]:
        """Lock them in the order of their ids, so that two who remove them cannot deadlock."""
        owned = select(Item.id).where(Item.owner_id == owner_id).order_by(Item.id).limit(limit)
        removing = delete(Item).where(Item.id.in_(owned.with_for_update())).returning(Item.id)
        ids = (await self.session.scalars(removing)).all()
        if ids:
            records = [replace(record, subject_id=item_id) for item_id in ids]
            await self.session.execute(insert_all(AuditEntry, list(map(asdict, records))))
        return ids


def item_lookup(batches: Batches) -> BatchedLookup[UUID, ItemView]:
    return batches.lookup("items", FIND, ItemView._make)


@dataclass(frozen=True, slots=True)
class ItemPages:
    """A page far from the newest is slow, as PostgreSQL reads what it skips: it holds up no near one."""

    near: BatchedLookup[ItemPageKey, ItemPage]
    far: BatchedLookup[ItemPageKey, ItemPage]

    async def find(self, key: ItemPageKey) -> ItemPage | None:
        return await self._lookup(key).find(key)

    def find_nowait(self, key: ItemPageKey, callback: Callback[ItemPage]) -> None:
        self._lookup(key).find_nowait(key, callback)

    def _lookup(self, key: ItemPageKey) -> BatchedLookup[ItemPageKey, ItemPage]:
        return self.near if key.skip <= NEAR else self.far


def item_pages(batches: Batches) -> ItemPages:
    statement = batches.reading(PAGES)

    async def find_all(keys: Mapping[ItemPageKey, None]) -> Mapping[ItemPageKey, ItemPage]:
        wanted = list(keys)
        farthest = max(key.skip + key.limit for key in wanted)
        skips, limits = [key.skip for key in wanted], [key.limit for key in wanted]
        rows = await statement.fetch(skips, limits, farthest)
        return dict(zip(wanted, pages_of(rows), strict=True))

    return ItemPages(
        near=BatchedLookup(batches.batcher("item_pages", find_all, batch=PAGES_IN_BATCH)),
        far=BatchedLookup(batches.batcher("far_item_pages", find_all, batch=PAGES_IN_BATCH)),
    )


def pages_of(rows: Iterable[asyncpg.Record]) -> Iterator[ItemPage]:
    """Yield the pages in the order of their numbers; one without items has a row of nulls."""
    for _, page in groupby(rows, itemgetter(0)):
        found = list(page)
        items = [ItemView._make(row[2:]) for row in found if row[2] is not None]
        yield ItemPage(items, found[0][1])
