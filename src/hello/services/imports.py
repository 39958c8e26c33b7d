"""Many people at once: in from a file, line by line, and out again."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import date
from typing import TypeAlias

from hello.entities.errors import InvalidError
from hello.services.people import PeopleService, SavePerson

BATCH, EXPORT_BATCH = 2000, 250
SHOWN_ERRORS = 100


@dataclass(frozen=True, slots=True)
class LineError:
    """A line of the file, counted from 1, and what is wrong with it."""

    line: int
    message: str


@dataclass(frozen=True, slots=True)
class Line:
    number: int
    person: SavePerson


Lines: TypeAlias = AsyncIterator[Line | LineError]
Progress: TypeAlias = Callable[["ImportReport"], None]


@dataclass(slots=True)
class ImportReport:
    accepted: int = 0
    rejected: int = 0
    errors: list[LineError] = field(default_factory=list)

    def reject(self, error: LineError) -> None:
        self.rejected += 1
        if len(self.errors) < SHOWN_ERRORS:
            self.errors.append(error)


def no_progress(_: ImportReport) -> None:
    """Ignore the report."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportService:
    people: PeopleService

    async def run(self, lines: Lines, progress: Progress = no_progress) -> ImportReport:
        """Save every good line and report the others; of a name that comes twice the last line counts.

        Batches are committed one by one: after a fault the same file can be sent again.
        """
        report, births = ImportReport(), dict[str, date]()
        pending = 0
        async for line in lines:
            if self._accept(line, births, report):
                pending += 1
            if pending == BATCH:
                await self._store(births, pending, report, progress)
                pending = 0
        await self._store(births, pending, report, progress)
        return report

    def _accept(self, line: Line | LineError, births: dict[str, date], report: ImportReport) -> bool:
        if isinstance(line, LineError):
            report.reject(line)
            return False
        try:
            births[line.person.username] = self.people.check(line.person.date_of_birth)
        except InvalidError as error:
            report.reject(LineError(line.number, f"{error.field}: {error}"))
            return False
        return True

    async def _store(
        self, births: dict[str, date], count: int, report: ImportReport, progress: Progress
    ) -> None:
        if births:
            await self.people.save_all(births)
            births.clear()
        report.accepted += count
        progress(report)

    async def export(self) -> AsyncIterator[SavePerson]:
        """Yield all people by name; people who are saved meanwhile may be missing."""
        after = ""
        while True:
            async with self.people.begin() as tx:
                page = await tx.people.page(after, EXPORT_BATCH)
            for person in page:
                yield SavePerson(username=person.username, date_of_birth=person.date_of_birth)
            if len(page) < EXPORT_BATCH:
                return
            after = page[-1].username
