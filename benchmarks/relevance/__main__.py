"""`python -m benchmarks.relevance [ENGINE ...]`: how well each engine finds the judged items."""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

from rich.console import Console

from benchmarks.relevance.items import judged_items
from benchmarks.relevance.judge import Report, judge
from benchmarks.relevance.queries import judged_queries
from benchmarks.relevance.report import Comparison, query_list, worst_markdown
from benchmarks.search_indexes import INDEXES, POSTGRES, item, open_index
from hello.entities.search import SearchText
from hello.services.search import ItemIndex, ItemSearch

WORST = 20


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.relevance", description="How well search engines find gifts."
    )
    parser.add_argument(
        "engines", nargs="*", default=list(INDEXES), metavar="ENGINE", help=", ".join(INDEXES)
    )
    parser.add_argument("--list", action="store_true", help="print the queries and end")
    parser.add_argument("--worst", action="store_true", help="print the worst queries of each engine as well")
    options = parser.parse_args(arguments)
    if options.list:
        Console().print(query_list(judged_queries(judged_items())))
        return
    reports = {name: asyncio.run(report(name)) for name in options.engines}
    sys.stdout.write(Comparison(reports).markdown())
    for name, one in reports.items() if options.worst else ():
        sys.stdout.write(f"\n{name}:\n{worst_markdown(one, WORST)}\n")
    if POSTGRES in reports:
        sys.stdout.write("\n" + "\n".join(ratios(reports)) + "\n")


async def report(name: str) -> Report:
    items = judged_items()
    with TemporaryDirectory(prefix="hello-relevance-") as folder:
        async with open_index(name, Path(folder)) as measured:
            for first in range(0, len(items), 500):
                some = items[first : first + 500]
                await measured.put([item(it.id, it.title, it.description, it.price_cents) for it in some])
            await measured.settle()

            async def search(text: str, limit: int) -> Sequence[UUID]:
                return await found(measured.index, text, limit)

            return await judge(search, items, judged_queries(items))


async def found(index: ItemIndex, text: str, limit: int) -> Sequence[UUID]:
    matches = await index.search(ItemSearch(text=SearchText.parse(text), limit=limit))
    return [match.item_id for match in matches.page]


def ratios(reports: dict[str, Report]) -> Sequence[str]:
    own = reports[POSTGRES].total.ndcg
    return [
        f"PostgreSQL has {own / one.total.ndcg:.3f} of the nDCG of {name}."
        for name, one in reports.items()
        if name != POSTGRES
    ]


if __name__ == "__main__":
    main()
