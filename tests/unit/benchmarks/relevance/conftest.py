"""The judged collection and its queries, built once."""

from collections.abc import Sequence

import pytest
from benchmarks.relevance.items import JudgedItem, judged_items
from benchmarks.relevance.queries import Query, judged_queries


@pytest.fixture(scope="session")
def items() -> Sequence[JudgedItem]:
    return judged_items()


@pytest.fixture(scope="session")
def queries(items: Sequence[JudgedItem]) -> Sequence[Query]:
    return judged_queries(items)
