"""How many orders a page has, and how many lines are loaded at a time."""

from collections.abc import Sequence
from uuid import UUID

import pytest

from hello.connectors.postgres.orders import MAX_LINES, parts_of, until_full
from hello.entities.orders import PAGE_LINES


def sized(*lines: int) -> list[tuple[UUID, int]]:
    return [(UUID(int=number), size) for number, size in enumerate(lines)]


@pytest.mark.parametrize(
    ("lines", "orders"),
    [
        ([], 0),
        ([1, 1, 1], 3),
        ([PAGE_LINES, 1], 1),
        ([PAGE_LINES - 1, 1, 1], 2),
        ([1, PAGE_LINES - 2, 1, 1], 3),
        ([1, 2 * PAGE_LINES, 1], 2),
    ],
)
def test_page_ends_with_the_order_that_brings_it_to_the_bound(lines: Sequence[int], orders: int) -> None:
    assert list(until_full(sized(*lines))) == sized(*lines)[:orders]


@pytest.mark.parametrize(
    ("lines", "parts"),
    [
        ([], []),
        ([1, 1, 1], [3]),
        ([MAX_LINES - 1, 1, 1], [2, 1]),
        ([1, MAX_LINES - 1, 1, MAX_LINES - 1, 1], [2, 2, 1]),
        ([MAX_LINES, 1], [1, 1]),
        ([2, MAX_LINES - 1, 2 * MAX_LINES, 1], [1, 1, 1, 1]),
    ],
)
def test_orders_are_loaded_in_parts_of_bounded_lines(lines: Sequence[int], parts: list[int]) -> None:
    found = list(parts_of(sized(*lines)))
    assert [len(part) for part in found] == parts
    assert [order_id for part in found for order_id in part] == [order_id for order_id, _ in sized(*lines)]
