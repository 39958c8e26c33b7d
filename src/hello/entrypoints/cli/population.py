"""Generated people: invented names, birthdays all over the year, some on 29 February."""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import islice
from random import SystemRandom

MAX_AGE = timedelta(days=90 * 365)
BATCH = 10_000
STARTS = ("A", "Be", "Chris", "Da", "E", "Fre", "Ga", "Ha", "I", "Jo", "Ka", "Li", "Ma", "No", "O", "Pe")
MIDDLES = ("ra", "li", "ne", "to", "vi", "sa", "mi", "lo", "de", "ka", "ri", "na", "bo", "fe", "su", "he")
ENDS = ("n", "na", "s", "th", "ra", "l", "tte", "k", "m", "ria", "x", "y", "do", "no", "la", "r")


def population(count: int, today: date) -> Iterator[dict[str, date]]:
    """Yield `count` people with distinct names, in batches."""
    people = ((name_of(number), born) for number, born in enumerate(births(count, today)))
    while batch := dict(islice(people, BATCH)):
        yield batch


def births(count: int, today: date) -> Iterator[date]:
    """Yield dates of birth, spread evenly over the last 90 years, 29 February included."""
    random = SystemRandom()
    for _ in range(count):
        yield today - timedelta(1 + random.randrange(MAX_AGE.days))


def name_of(number: int) -> str:
    """Return the name for a number: letters only, and different for each number."""
    syllables = ENDS[number % 16]
    number //= 16
    while number >= len(STARTS):
        syllables = MIDDLES[number % 16] + syllables
        number = number // 16 - 1
    return STARTS[number] + syllables
