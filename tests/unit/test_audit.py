"""The audit trail, page by page."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hello.entities.audit import AuditEntry
from hello.services.audit import PART, AuditService
from tests.builders import a_change
from tests.catalogue_twins import TwinAuditTrail
from tests.twins import TwinUnitOfWork

KITE, DRUM = UUID(int=1), UUID(int=2)


@pytest.mark.parametrize(
    ("limit", "found", "following"), [(1, [3], 3), (2, [3, 2], 2), (3, [3, 2, 1], None), (4, [3, 2, 1], None)]
)
async def test_a_page_says_whether_and_where_another_begins(
    twin: TwinUnitOfWork, limit: int, found: list[int], following: int | None
) -> None:
    for _ in range(3):
        twin.stored.audit.note(a_change(KITE))
    entries, before = await AuditService(begin=twin.begin).page(None, None, limit)
    assert [entry.id for entry in entries] == found
    assert before == following


async def test_an_empty_trail_has_no_next_page(twin: TwinUnitOfWork) -> None:
    assert await AuditService(begin=twin.begin).page(None, None, 20) == ([], None)


@settings(deadline=None)
@given(st.lists(st.sampled_from([KITE, DRUM])), st.sampled_from([None, KITE, DRUM]), st.integers(1, 5))
async def test_pages_go_through_everything_once_the_newest_first(
    subjects: list[UUID], wanted: UUID | None, limit: int
) -> None:
    twin = TwinUnitOfWork()
    for subject in subjects:
        twin.stored.audit.note(a_change(subject))
    audit, seen = AuditService(begin=twin.begin), list[int]()
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
        trail.note(a_change(KITE))
    ids = [entry.id for entry in reversed(trail.entries)]
    entries, before = await AuditService(begin=twin.begin).page(None, None, limit)
    assert [entry.id for entry in entries] == ids[:limit]
    assert before == (ids[limit - 1] if limit < len(ids) else None)
    read = twin.stored.audit.read
    assert (max(read) <= PART, sum(read)) == (True, min(limit + 1, len(ids)))


@pytest.mark.parametrize("count", [PART, 2 * PART])
async def test_whole_parts_end_a_page_too(twin: TwinUnitOfWork, count: int) -> None:
    for _ in range(count):
        twin.stored.audit.note(a_change(KITE))
    entries, before = await AuditService(begin=twin.begin).page(None, None, 500)
    assert (len(entries), before) == (count, None)
