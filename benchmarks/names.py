"""The people in the database: many names, as a few would flatter whoever merges requests."""

import random
import string
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import islice
from pathlib import Path

COUNT = 100_000
SHORTEST, LONGEST = 5, 12
FIRST_BIRTH, BIRTH_DAYS = date(1940, 1, 1), 29_000


def distinct_names(chance: random.Random) -> list[str]:
    return list(islice(dict.fromkeys(endless_names(chance)), COUNT))


def endless_names(chance: random.Random) -> Iterator[str]:
    for _ in range(2 * COUNT):
        yield a_name(chance, chance.randint(SHORTEST, LONGEST))


def a_name(chance: random.Random, length: int) -> str:
    return "".join(chance.choices(string.ascii_letters, k=length))


def people(names: list[str], chance: random.Random) -> Iterator[tuple[str, date]]:
    for name in names:
        yield name, FIRST_BIRTH + timedelta(chance.randrange(BIRTH_DAYS))


def write_names(names: list[str], path: Path) -> Path:
    """Write one a line, for the load generator."""
    path.write_text("".join(f"{name}\n" for name in names))
    return path
