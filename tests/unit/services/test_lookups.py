"""What is made of what a lookup finds: checks, many keys at once, and a page of birthdays."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

import pytest

from hello.entities.birthdays import LeapDay
from hello.entities.errors import NotFoundError, UnavailableError
from hello.services.lookups import BirthdayPage, BirthdayPageKey, checked, find_all

Answer = tuple[int | None, Exception | None]


@dataclass
class Numbers:
    """Finds the even numbers, three at once."""

    waiting: list[tuple[int, Callable[..., None]]] = field(default_factory=list)
    error: Exception | None = None

    async def find(self, key: int) -> int | None:
        if self.error:
            raise self.error
        return None if key % 2 else 10 * key

    def find_nowait(self, key: int, callback: Callable[[int | None, Exception | None], None]) -> None:
        self.waiting.append((key, callback))
        if len(self.waiting) == 3:
            for number, call_back in self.waiting:
                call_back(None if self.error or number % 2 else 10 * number, self.error)


def positive(number: int | None) -> int:
    if number is None:
        raise NotFoundError("no such number")
    return number + 1


@pytest.mark.parametrize("found", [1, None])
def test_checked_result_or_refusal_is_passed_on(found: int | None) -> None:
    answers: list[Answer] = []
    checked(positive, lambda *answer: answers.append(answer))(found, None)
    [(result, error)] = answers
    assert result == (2 if found else None)
    assert isinstance(error, NotFoundError) is (found is None)


def test_error_of_a_lookup_is_not_checked() -> None:
    answers: list[Answer] = []
    failure = UnavailableError("the database")
    checked(positive, lambda *answer: answers.append(answer))(None, failure)
    assert answers == [(None, failure)]


async def test_keys_are_found_together_and_once_each() -> None:
    numbers = Numbers()
    assert await find_all(numbers, [2, 3, 4, 2]) == {2: 20, 4: 40}
    assert sorted(key for key, _ in numbers.waiting) == [2, 3, 4]


async def test_no_keys_are_found_at_once() -> None:
    assert await find_all(Numbers(), []) == {}


async def test_error_of_one_key_is_raised() -> None:
    with pytest.raises(UnavailableError):
        await find_all(Numbers(error=UnavailableError("the database")), [1, 2, 3])


@pytest.mark.parametrize(("rule", "in_days"), [(LeapDay.FEB28, 0), (LeapDay.MAR1, 1)])
def test_page_of_birthdays_says_who_celebrates_when_and_where_it_ends(rule: LeapDay, in_days: int) -> None:
    key = BirthdayPageKey(date(2026, 2, 28), 0, 7, rule, (-1, ""), 1)
    page = BirthdayPage.of("Leaper20000229\nJohn19900301", key)
    [leaper] = page.people
    assert (leaper.username, leaper.born, leaper.in_days, leaper.turns) == (
        "Leaper",
        date(2000, 2, 29),
        in_days,
        26,
    )
    assert page.last == (in_days, "Leaper")
    assert BirthdayPage.of("Leaper20000229", key).last is None
    assert BirthdayPage.of("", key) == (key.day, [], None)
