"""`python -m benchmarks.relevance --list`: the judged queries, with how many items answer them."""

import argparse
from collections.abc import Sequence

from rich.console import Console

from benchmarks.relevance.items import judged_items
from benchmarks.relevance.queries import judged_queries
from benchmarks.relevance.report import query_list


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.relevance", description="How well search engines find gifts."
    )
    parser.add_argument("--list", action="store_true", required=True, help="print the queries and end")
    parser.parse_args(arguments)
    Console().print(query_list(judged_queries(judged_items())))


if __name__ == "__main__":
    main()
