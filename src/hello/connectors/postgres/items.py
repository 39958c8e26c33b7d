"""Items in PostgreSQL, always together with their owners."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, delete, func, insert, literal, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from hello.connectors.postgres.audit import with_audit
from hello.connectors.postgres.values import insert_all, values_of
from hello.entities.audit import AuditEntry, AuditRecord
from hello.entities.items import Item

WITH_OWNER = joinedload(Item.owner, innerjoin=True)


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

    async def find_all(self, item_ids: Collection[UUID], *, owners: bool = False) -> Mapping[UUID, Item]:
        wanted = literal(list(item_ids), ARRAY(Uuid))
        query = select(Item).where(Item.id == any_(wanted))
        items = await self.session.scalars(query.options(WITH_OWNER) if owners else query)
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
