"""The audit trail: page by page, and what is recorded of administrators."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hello.entities.audit import AuditEntry
from hello.entities.errors import UnavailableError
from hello.services.audit import PART, AuditService
from tests.support.builders import NOON, StoppedClock, a_change
from tests.twins.catalogue import TwinAuditTrail
from tests.twins.transaction import TwinUnitOfWork

KITE, DRUM, ADA, USE = (UUID(int=number) for number in range(1, 5))
DETAILS = {"method": "POST", "route": "/import", "request_id": "r-1"}


def service(twin: TwinUnitOfWork) -> AuditService:
    return AuditService(begin=twin.begin, now=StoppedClock(), new_id=lambda: USE)


def summary(entry: AuditEntry) -> tuple[object, ...]:
    assert (entry.at, entry.subject_id) == (NOON, USE)
    return entry.action, entry.actor_id, entry.details


@pytest.mark.parametrize(
    ("limit", "found", "following"), [(1, [3], 3), (2, [3, 2], 2), (3, [3, 2, 1], None), (4, [3, 2, 1], None)]
)
async def test_a_page_says_whether_and_where_another_begins(
    twin: TwinUnitOfWork, limit: int, found: list[int], following: int | None
) -> None:
    for _ in range(3):
        twin.stored.audit.record(a_change(KITE))
    entries, before = await service(twin).page(None, None, limit)
    assert [entry.id for entry in entries] == found
    assert before == following


async def test_an_empty_trail_has_no_next_page(twin: TwinUnitOfWork) -> None:
    assert await service(twin).page(None, None, 20) == ([], None)


@settings(deadline=None)
@given(st.lists(st.sampled_from([KITE, DRUM])), st.sampled_from([None, KITE, DRUM]), st.integers(1, 5))
async def test_pages_go_through_everything_once_the_newest_first(
    subjects: list[UUID], wanted: UUID | None, limit: int
) -> None:
    twin = TwinUnitOfWork()
    for subject in subjects:
        twin.stored.audit.record(a_change(subject))
    audit, seen = service(twin), list[int]()
    entries, before = await audit.page(wanted, None, limit)
    seen += [entry.id for entry in entries]
    while before is not None:
        entries, before = await audit.page(wanted, before, limit)
        assert 1 <= len(entries) <= limit
        seen += [entry.id for entry in entries]
    expected = [entry.id for entry in twin.stored.audit.entries if wanted in {None, entry.subject_id}]
    assert seen == expected[::-1]


@dataclass
class WatchedTrail(TwinAuditTrail):
    """Remembers how many entries were read at once."""

    read: list[int] = field(default_factory=list)

    async def page(self, subject_id: UUID | None, before: int | None, limit: int) -> Sequence[AuditEntry]:
        found = await super().page(subject_id, before, limit)
        self.read.append(len(found))
        return found


@pytest.mark.parametrize("limit", [PART - 1, PART, PART + 1, 2 * PART - 1, 2 * PART, 2 * PART + 10, 500])
async def test_a_long_page_is_read_in_small_parts_and_no_further_than_needed(
    twin: TwinUnitOfWork, limit: int
) -> None:
    twin.stored.audit = trail = WatchedTrail()
    for _ in range(2 * PART + 10):
        trail.record(a_change(KITE))
    ids = [entry.id for entry in reversed(trail.entries)]
    entries, before = await service(twin).page(None, None, limit)
    assert [entry.id for entry in entries] == ids[:limit]
    assert before == (ids[limit - 1] if limit < len(ids) else None)
    read = twin.stored.audit.read
    assert (max(read) <= PART, sum(read)) == (True, min(limit + 1, len(ids)))
    assert 0 not in read


@pytest.mark.parametrize("count", [PART, 2 * PART])
async def test_whole_parts_end_a_page_too(twin: TwinUnitOfWork, count: int) -> None:
    for _ in range(count):
        twin.stored.audit.record(a_change(KITE))
    entries, before = await service(twin).page(None, None, 500)
    assert (len(entries), before) == (count, None)


@pytest.mark.parametrize(
    ("actor", "action", "by"),
    [(None, "admin_token.used", "admin token"), (ADA, "admin_account.used", "account")],
)
async def test_use_by_an_administrator_says_who_did_what_and_when(
    twin: TwinUnitOfWork, actor: UUID | None, action: str, by: str
) -> None:
    await service(twin).record_use(actor, **DETAILS)
    assert [summary(entry) for entry in twin.stored.audit.entries] == [(action, actor, {"by": by, **DETAILS})]


async def test_counts_of_an_import_are_a_second_entry_of_the_same_use(twin: TwinUnitOfWork) -> None:
    use = await service(twin).record_use(None, **DETAILS)
    await service(twin).record_import(use, accepted=2, rejected=1)
    counts = {"by": "admin token", **DETAILS, "accepted": 2, "rejected": 1}
    assert summary(twin.stored.audit.entries[-1]) == ("people.imported", None, counts)
    assert len(twin.stored.audit.entries) == 2


async def test_use_that_cannot_be_recorded_is_an_error(twin: TwinUnitOfWork) -> None:
    twin.error = UnavailableError("the database is unavailable")
    with pytest.raises(UnavailableError):
        await service(twin).record_use(None, **DETAILS)
    assert twin.stored.audit.entries == []
