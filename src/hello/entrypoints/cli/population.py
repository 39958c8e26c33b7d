"""A plausible population: invented names, birthdays all over the year, some leapers."""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import islice
from random import SystemRandom

OLDEST = timedelta(days=90 * 365)
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
    """Yield days of birth, as many on each day of the last 90 years, 29 February included."""
    random = SystemRandom()
    for _ in range(count):
        yield today - timedelta(1 + random.randrange(OLDEST.days))


def name_of(number: int) -> str:
    """Return the name of the number: letters only, and no two numbers have the same."""
    syllables = ENDS[number % 16]
    number //= 16
    while number >= len(STARTS):
        syllables = MIDDLES[number % 16] + syllables
        number = number // 16 - 1
    return STARTS[number] + syllables
