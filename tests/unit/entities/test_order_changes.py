"""Whatever happens to an order, each of its versions can be told of again, exactly as it was."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from uuid_utils.compat import uuid7

from hello.entities.order_changes import changes_of
from hello.entities.order_revisions import OrderRevision
from hello.entities.orders import Order, order_event
from tests.support.builders import NOON, a_line, an_order

WAYS = st.sampled_from([[], ["confirm"], ["cancel"], ["confirm", "ship"], ["confirm", "cancel"]])
REPLACED = st.lists(st.tuples(st.integers(1, 3), st.sampled_from([None, "John", "Jane"])), max_size=5)
Callback = tuple[int, str, Mapping[str, Any]]
Replacement = tuple[int, str | None]
MOVES: dict[str, Callable[[Order, datetime], None]] = {
    "confirm": lambda order, now: order.confirm(now, timedelta(0)),
    "ship": Order.ship,
    "cancel": Order.cancel,
}


def told(order: Order) -> Callback:
    return order.version, order_event(order).type, order.public()


def lived(
    replacements: list[Replacement], way: list[str]
) -> tuple[Order, list[OrderRevision], list[Callback]]:
    """Return an order, what was replaced in it, and what was told of it each time."""
    order, replaced, now = an_order(uuid7(), a_line()), list[OrderRevision](), NOON
    history = [told(order)]
    for lines, recipient in replacements:
        now += timedelta(seconds=1)
        new = [a_line(f"item {number}", quantity=lines) for number in range(lines)]
        replaced.append(order.replace_lines(new, recipient, now))
        history.append(told(order))
    for move in way:
        now += timedelta(seconds=1)
        MOVES[move](order, now)
        history.append(told(order))
    return order, replaced, history


@given(REPLACED, WAYS, st.integers(0, 9), st.integers(0, 9))
def test_every_version_of_an_order_is_rebuilt(
    replacements: list[Replacement], way: list[str], after: int, until: int
) -> None:
    order, replaced, history = lived(replacements, way)
    behind = [one for one in replaced if one.version > after]
    again = [(one.version, one.type, one.order) for one in changes_of(order, behind, after, until)]
    assert again == [one for one in history if after < one[0] <= until]


def test_versions_without_a_revision_are_left_out() -> None:
    order, _, history = lived([(1, "John")], ["confirm"])
    again = changes_of(order, [], 0, order.version)
    assert [one.version for one in again] == [1, 3]
    assert again[-1].order == history[-1][-1]
