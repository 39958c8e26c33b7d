"""Imports and exports of more people than fit into one batch: no line is lost, none is counted twice."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

import pytest

from hello.entities.people import Person
from hello.services.imports import BATCH, EXPORT_BATCH, ImportReport, ImportService, Line, LineError
from hello.services.people import PeopleService, SavePerson
from tests.support.builders import TODAY
from tests.support.people import people_service
from tests.twins.transaction import TwinPeople, TwinUnitOfWork

BORN = date(1990, 1, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedService(PeopleService):
    """Remembers how many were saved at once."""

    saved: list[int] = field(default_factory=list)

    async def save_all(self, births: Mapping[str, date]) -> None:
        self.saved.append(len(births))
        await PeopleService.save_all(self, births)


@dataclass
class WatchedPeople(TwinPeople):
    """Remembers the bounds of pages."""

    limits: list[int] = field(default_factory=list)

    def __deepcopy__(self, _: object) -> "WatchedPeople":
        return self

    async def page(self, after: str, limit: int) -> Sequence[Person]:
        self.limits.append(limit)
        return await super().page(after, limit)


def name_of(number: int) -> str:
    return "".join(chr(ord("A") + int(digit)) for digit in f"{number:06}")


async def lines_of(*found: Line | LineError) -> AsyncIterator[Line | LineError]:
    for line in found:
        yield line


def line(number: int, name: str | None = None, born: date = BORN) -> Line:
    return Line(number, SavePerson(username=name or name_of(number), date_of_birth=born))


def watched(twin: TwinUnitOfWork) -> WatchedService:
    plain = people_service(twin)
    return WatchedService(**{name: getattr(plain, name) for name in PeopleService.__slots__})


@pytest.mark.parametrize(
    ("count", "batches"),
    [(0, []), (1, [1]), (BATCH, [BATCH]), (BATCH + 1, [BATCH, 1]), (2 * BATCH + 5, [BATCH, BATCH, 5])],
)
async def test_every_line_of_a_long_file_is_stored_and_counted_once(
    twin: TwinUnitOfWork, count: int, batches: list[int]
) -> None:
    people, steps = watched(twin), list[int]()
    report = await ImportService(people=people).run(
        lines_of(*(line(number) for number in range(count))), lambda report: steps.append(report.accepted)
    )
    assert twin.stored.people.rows == {name_of(number): BORN for number in range(count)}
    assert people.saved == batches
    assert (report.accepted, report.rejected, report.errors) == (count, 0, [])
    assert steps[-1] == count
    assert steps == sorted(steps)
    assert len(steps) >= len(batches)


async def test_a_batch_that_is_stored_is_not_stored_again(twin: TwinUnitOfWork) -> None:
    """What is removed while an import runs must not come back with its next batch."""
    people = watched(twin)

    def removed(report: ImportReport) -> None:
        if report.accepted == BATCH:
            del twin.stored.people.rows[name_of(0)]

    await ImportService(people=people).run(lines_of(*map(line, range(BATCH + 1))), removed)
    assert len(twin.stored.people.rows) == BATCH
    assert name_of(0) not in twin.stored.people.rows


async def test_import_errors_name_their_line(twin: TwinUnitOfWork) -> None:
    bad = LineError(7, "username: is missing")
    found = lines_of(line(6), bad, line(8, born=TODAY), line(9, born=TODAY - timedelta(1)))
    report = await ImportService(people=people_service(twin)).run(found)
    assert (report.accepted, report.rejected) == (2, 2)
    message = f"dateOfBirth: must be before today, {TODAY.isoformat()}"
    assert report.errors == [bad, LineError(8, message)]
    assert set(twin.stored.people.rows) == {name_of(6), name_of(9)}


@pytest.mark.parametrize("count", [0, 1, EXPORT_BATCH - 1, EXPORT_BATCH, EXPORT_BATCH + 1, 2 * EXPORT_BATCH])
async def test_export_has_each_person_once_by_name(twin: TwinUnitOfWork, count: int) -> None:
    births = {name_of(number): BORN + timedelta(number) for number in range(count)}
    twin.stored.people = people = WatchedPeople(dict(reversed(births.items())))
    found = [person async for person in ImportService(people=people_service(twin)).export()]
    assert found == [SavePerson(username=name, date_of_birth=born) for name, born in births.items()]
    assert set(people.limits) == {EXPORT_BATCH}
    assert len(people.limits) == 1 + count // EXPORT_BATCH


def test_a_report_shows_a_hundred_errors_and_counts_all() -> None:
    report, errors = ImportReport(), [LineError(number, "bad") for number in range(150)]
    for error in errors:
        report.reject(replace(error))
    assert (report.rejected, report.errors) == (150, errors[:100])
