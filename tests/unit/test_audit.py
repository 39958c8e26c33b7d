"""The audit trail, page by page."""

from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hello.services.audit import AuditService
from tests.builders import a_change
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
