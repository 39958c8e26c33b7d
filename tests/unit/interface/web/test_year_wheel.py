"""The wheel of the year."""

from datetime import date
from math import hypot

import pytest

from hello.interface.web.year_wheel import CENTRE, INNER, OUTER, LastWheel, YearWheel, day_of_year, point
from hello.services.birthday_spread import Spread

TODAY = date(2026, 11, 28)


def wheel(counts: dict[int, int]) -> YearWheel:
    return YearWheel.of(Spread(counts=counts, is_exact=True), TODAY)


def ends(rays: str) -> list[float]:
    """Return how far from the centre each ray ends."""
    points = [ray.split("L")[1].split() for ray in rays.split("M")[1:]]
    return [hypot(float(x) - CENTRE, float(y) - CENTRE) for x, y in points]


@pytest.mark.parametrize(("month_day", "place"), [(101, 0), (228, 58), (229, 59), (301, 60), (1231, 365)])
def test_every_day_has_a_place_of_its_own(month_day: int, place: int) -> None:
    assert day_of_year(month_day) == place


def test_year_begins_at_the_top_and_goes_on_clockwise() -> None:
    assert point(0, 100) == "200.0 100.0"
    assert point(366 / 4, 100) == "300.0 200.0"


def test_longest_ray_reaches_the_edge_and_the_others_grow_by_area() -> None:
    shortest, longest = ends(wheel({101: 1, 701: 100}).rays)
    assert longest == pytest.approx(OUTER, abs=0.1)
    assert INNER < shortest < (INNER + OUTER) / 2


def test_year_without_birthdays_has_no_rays() -> None:
    empty = wheel({})
    assert (empty.rays, empty.total, [month.count for month in empty.months]) == ("", 0, [0] * 12)


def test_months_are_named_and_counted() -> None:
    months = wheel({101: 2, 131: 3, 229: 1, 1231: 4}).months
    assert [(month.name, month.count) for month in months if month.count] == [
        ("January", 5),
        ("February", 1),
        ("December", 4),
    ]


def test_wheel_is_drawn_again_for_other_counts_and_for_another_day() -> None:
    wheels, few = LastWheel(), Spread(counts={101: 1}, is_exact=True)
    first = wheels.of(few, TODAY)
    assert wheels.of(few, TODAY) is first
    assert wheels.of(Spread(counts={101: 2}, is_exact=True), TODAY).total == 2
    assert wheels.of(few, date(2026, 1, 1)).today != first.today
