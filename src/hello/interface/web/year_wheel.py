"""The year as a wheel: a ray for each day, as long as many birthdays are on it (SVG)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from math import cos, pi, sin, sqrt

from hello.entities.birthdays import leap_year_date, month_day
from hello.services.birthday_spread import Spread

CENTRE, INNER, SHORTEST, OUTER, NAMES = 200, 104, 4, 172, 186
LEAP_YEAR = 2000
DAYS = 366


@dataclass(frozen=True, slots=True)
class Month:
    """`sector` is the outline of its part of the ring, `x` and `y` the middle of its name."""

    name: str
    count: int
    sector: str
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class YearWheel:
    """What the template draws in a square of 400: `rays` are one path, `today` is a line."""

    months: list[Month]
    rays: str
    today: str
    total: int
    is_exact: bool

    @classmethod
    def of(cls, spread: Spread, today: date) -> "YearWheel":
        starts = [start_of(month) for month in range(1, 13)] + [DAYS]
        months = [
            month_of(number + 1, starts[number], starts[number + 1], count)
            for number, count in enumerate(spread.months())
        ]
        place = day_of_year(month_day(today))
        line = f"M{point(place, INNER - 12)}L{point(place, INNER)}"
        return cls(months, "".join(rays(spread)), line, spread.total, spread.is_exact)


@dataclass(slots=True)
class LastWheel:
    """Keeps the last wheel, as its hundreds of sines cost more than the rest of a page."""

    _spread: Spread | None = None
    _today: date | None = None
    _wheel: YearWheel | None = None

    def of(self, spread: Spread, today: date) -> YearWheel:
        if self._wheel is None or spread is not self._spread or today != self._today:
            self._spread, self._today, self._wheel = spread, today, YearWheel.of(spread, today)
        return self._wheel


def rays(spread: Spread) -> Iterator[str]:
    """Let areas, not lengths, grow with the counts: few birthdays stay visible beside many."""
    greatest = max(spread.counts.values(), default=1)
    for day, count in sorted(spread.counts.items()):
        place = day_of_year(day)
        length = SHORTEST + (OUTER - INNER - SHORTEST) * sqrt(count / greatest)
        yield f"M{point(place, INNER)}L{point(place, INNER + length)}"


def month_of(number: int, first: int, end: int, count: int) -> Month:
    middle = angle((first + end - 1) / 2)
    left, right = first - 0.5, end - 0.5
    outline = (
        f"M{point(left, INNER)}L{point(left, OUTER)}A{OUTER} {OUTER} 0 0 1 {point(right, OUTER)}"
        f"L{point(right, INNER)}A{INNER} {INNER} 0 0 0 {point(left, INNER)}Z"
    )
    x, y = CENTRE + NAMES * sin(middle), CENTRE - NAMES * cos(middle)
    return Month(f"{date(LEAP_YEAR, number, 1):%B}", count, outline, round(x, 1), round(y, 1))


def start_of(month: int) -> int:
    return day_of_year(100 * month + 1)


def day_of_year(day: int) -> int:
    """Return 0 for 1 January, 365 for 31 December; every year has a 29 February here."""
    return leap_year_date(day).timetuple().tm_yday - 1


def angle(place: float) -> float:
    return 2 * pi * place / DAYS


def point(place: float, radius: float) -> str:
    """Return a point of the wheel; the year begins at the top and goes on clockwise."""
    turn = angle(place)
    return f"{CENTRE + radius * sin(turn):.1f} {CENTRE - radius * cos(turn):.1f}"
