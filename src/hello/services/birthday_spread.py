"""How birthdays spread over the year, counted for all who ask within a few seconds."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from hello.core.single_flight import SingleFlight
from hello.services.ports import Begin

EXACT_UP_TO = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """`counts` by day of birth (`month_day`); estimates unless `is_exact`."""

    counts: Mapping[int, int]
    is_exact: bool

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    def months(self) -> list[int]:
        """Return the counts from January to December."""
        by_month = [0] * 12
        for month_day, count in self.counts.items():
            by_month[month_day // 100 - 1] += count
        return by_month


@dataclass(slots=True, kw_only=True)
class BirthdaySpread:
    """An answer is at most `max_age_s` old: to count a hundred thousand people takes some ten milliseconds.

    `timer` counts seconds.
    """

    begin: Begin
    timer: Callable[[], float]
    max_age_s: float = 2
    _flights: SingleFlight[None, Spread] = field(default_factory=SingleFlight, init=False)
    _last: Spread | None = field(default=None, init=False)
    _fresh_until: float = field(default=0, init=False)

    async def read(self) -> Spread:
        if self._last is not None and self.timer() < self._fresh_until:
            return self._last
        return await self._flights.share(None, self._count)

    async def _count(self) -> Spread:
        fresh_until = self.timer() + self.max_age_s
        async with self.begin() as tx:
            counts, is_exact = await tx.people.count_by_month_day(EXACT_UP_TO)
        self._last, self._fresh_until = Spread(counts=counts, is_exact=is_exact), fresh_until
        return self._last
