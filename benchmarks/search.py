"""What a search and a suggestion take as the catalogue grows, and how fast items are indexed.

Run `python -m benchmarks.search [--sizes 10000 ...] [ENGINE ...]`: PostgreSQL and real search servers,
started and removed here. The queries are words of titles, one in five with a typo; what is typed is the
start of one.
"""

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count, islice
from pathlib import Path
from random import Random
from statistics import quantiles
from tempfile import TemporaryDirectory
from time import perf_counter
from uuid import UUID

from benchmarks.markdown import table
from benchmarks.search_indexes import INDEXES, Measured, item, open_index
from hello.entities.items import Item
from hello.entities.search import SearchText
from hello.entrypoints.cli.catalogue import catalogue
from hello.services.search import ItemIndex, ItemSearch

SIZES = (10_000, 100_000, 1_000_000)
SEED = 2026
QUERIES, WARM_UP, AT_ONCE = 600, 100, 4
TYPOS, TWO_WORDS = 0.2, 0.5
HEAD = ("items", "engine", "searches/s", "search p50 ms", "p99", "suggest p50 ms", "p99", "items indexed/s")
Call = Callable[[str], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Times:
    """In milliseconds; `rate` is calls per second with `AT_ONCE` at once."""

    p50: float
    p99: float
    rate: float


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.search")
    parser.add_argument(
        "engines", nargs="*", default=list(INDEXES), metavar="ENGINE", help=", ".join(INDEXES)
    )
    parser.add_argument("--sizes", nargs="+", type=int, default=list(SIZES), help="numbers of items")
    options = parser.parse_args(arguments)
    rows = [row for name in options.engines for row in asyncio.run(rows_of(name, sorted(options.sizes)))]
    rows.sort(key=lambda row: int(row[0].replace(",", "")))
    sys.stdout.write(table(HEAD, rows, numbers=len(HEAD) - 2) + "\n")


async def rows_of(name: str, sizes: Sequence[int]) -> Sequence[Sequence[str]]:
    """Let one index grow through the sizes."""
    rows, items, done = [], items_of(sizes[-1]), 0
    with TemporaryDirectory(prefix="hello-search-") as folder:
        async with open_index(name, Path(folder)) as measured:
            for size in sizes:
                rate = await fill(measured, items, size - done)
                done = size
                rows.append(await row_of(measured, size, rate))
                sys.stderr.write(" | ".join(rows[-1]) + "\n")
    return rows


async def row_of(measured: Measured, size: int, indexed: float) -> Sequence[str]:
    searches, typed = queries(size), starts(size)
    search = await timed(search_of(measured.index), searches)
    suggest = await timed(suggest_of(measured.index), typed)
    figures = (search.rate, search.p50, search.p99, suggest.p50, suggest.p99)
    return f"{size:,}", measured.name, *(f"{figure:,.1f}" for figure in figures), f"{indexed:,.0f}"


async def fill(measured: Measured, items: Iterator[Sequence[Item]], number: int) -> float:
    """Return how many items were stored and indexed in a second."""
    start = perf_counter()
    for batch in islice(items, number // 1000):
        await measured.put(batch)
    seconds = perf_counter() - start
    await measured.settle()
    return number / seconds


async def timed(call: Call, texts: Sequence[str]) -> Times:
    for text in texts[:WARM_UP]:
        await call(text)
    times = []
    for text in texts[WARM_UP:]:
        start = perf_counter()
        await call(text)
        times.append(1000 * (perf_counter() - start))
    cuts = quantiles(times, n=100)
    return Times(cuts[49], cuts[98], await rate(call, texts[WARM_UP:]))


async def rate(call: Call, texts: Sequence[str]) -> float:
    async def some(first: int) -> None:
        for text in texts[first::AT_ONCE]:
            await call(text)

    start = perf_counter()
    await asyncio.gather(*map(some, range(AT_ONCE)))
    return len(texts) / (perf_counter() - start)


def search_of(index: ItemIndex) -> Call:
    return lambda text: index.search(ItemSearch(text=SearchText.parse(text)))


def suggest_of(index: ItemIndex) -> Call:
    return lambda text: index.suggest(text, 10)


def items_of(number: int) -> Iterator[Sequence[Item]]:
    ids = map(UUID, (f"{serial:032x}" for serial in count(1)))
    for batch in catalogue(number, SEED):
        yield [item(next(ids), one.title, one.description, one.price_cents) for one in batch]


def titles(size: int) -> Sequence[str]:
    """Return titles from all over the catalogue's first thousands, which every size has."""
    return [one.title for batch in catalogue(min(size, 5000), SEED) for one in batch]


def queries(size: int) -> Sequence[str]:
    random, texts = Random(SEED), titles(size)  # noqa: S311  # the same queries each time
    return [query_of(random, random.choice(texts)) for _ in range(WARM_UP + QUERIES)]


def query_of(random: Random, title: str) -> str:
    words = [word for word in title.split() if any(map(str.isalnum, word))] or ["gift"]
    chosen = random.sample(words, min(len(words), 1 + (random.random() < TWO_WORDS)))
    text = " ".join(word.strip("-\"'") for word in chosen) or "gift"
    return with_typo(random, text) if random.random() < TYPOS else text


def with_typo(random: Random, text: str) -> str:
    """Exchange two neighbouring letters."""
    place = random.randrange(max(1, len(text) - 1))
    return text[:place] + text[place : place + 2][::-1] + text[place + 2 :]


def starts(size: int) -> Sequence[str]:
    """Return what a person has typed of a title, from the second letter on."""
    random, texts = Random(SEED + 1), titles(size)  # noqa: S311
    typed = (random.choice(texts) for _ in range(WARM_UP + QUERIES))
    return [title[: random.randint(2, max(2, len(title)))] for title in typed]


if __name__ == "__main__":
    main()
