"""The freshness of today's list: what is served is compared with what the database has."""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import date

import pytest

from hello.entities.birthdays import Celebration
from hello.services.birthdays import BirthdayService
from hello.services.list_freshness import ListFreshness
from hello.services.lookups import BirthdayPage, BirthdayPageKey
from hello.services.ports import Load, Stamp, Transaction
from tests.support.people import birthday_service, names
from tests.twins.lookups import TwinLookup
from tests.twins.transaction import TwinUnitOfWork

BORN = date(1990, 6, 15)


@dataclass
class FrozenPages:
    """Serves its first page for ever."""

    page: bytes | None = None

    async def get(self, page: str, stamp: Stamp, load: Load) -> bytes:  # noqa: ARG002
        self.page = self.page or await load()
        return self.page


@dataclass
class ChangingList:
    """Has one more person each time it is read."""

    people: int = 0

    async def read(self, _: Transaction, key: BirthdayPageKey) -> BirthdayPage:
        self.people += 1
        names = [f"P{number}" for number in range(self.people)]
        return BirthdayPage(key.day, [Celebration(name, BORN, key.day, 0) for name in names], None)


@pytest.fixture
def counts() -> Counter[str]:
    return Counter()


def checks_of(birthdays: BirthdayService, counts: Counter[str]) -> ListFreshness:
    return ListFreshness(
        birthdays=birthdays, render=names, limit=20, count=lambda outcome: counts.update([outcome])
    )


async def test_list_that_follows_its_changes_is_fresh(twin: TwinUnitOfWork, counts: Counter[str]) -> None:
    freshness = checks_of(birthday_service(twin), counts)
    for name in "ab":
        twin.stored.people.store({name: BORN}, [615])
        await freshness.check()
    assert counts == {"fresh": 2}


async def test_list_that_misses_a_change_is_stale(twin: TwinUnitOfWork, counts: Counter[str]) -> None:
    freshness = checks_of(replace(birthday_service(twin), pages=FrozenPages(b"an old page")), counts)
    twin.stored.people.rows["a"] = BORN
    await freshness.check()
    assert counts == {"stale": 1}


async def test_list_that_changes_during_the_check_is_not_counted(
    twin: TwinUnitOfWork, counts: Counter[str]
) -> None:
    lookup = TwinLookup(twin.begin, ChangingList().read)
    birthdays = replace(birthday_service(twin), lookup=lookup, pages=FrozenPages(b"an old page"))
    await checks_of(birthdays, counts).check()
    assert not counts
