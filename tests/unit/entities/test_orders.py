"""What an order may become, and what it tells of that."""

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from uuid_utils.compat import uuid7

from hello.entities.errors import ConflictError, NotFoundError, StaleError
from hello.entities.orders import Order, OrderStatus, order_event
from hello.interface.http.schemas.orders import OrderResponse
from tests.support.builders import NOON, a_line, an_order

DELAY, LATER = timedelta(seconds=7), NOON + timedelta(hours=1)
ChangeOrder: TypeAlias = Callable[[Order, datetime], object]
CHANGES: dict[str, ChangeOrder] = {
    "confirm": lambda order, now: order.confirm(now, DELAY),
    "ship": Order.ship,
    "cancel": Order.cancel,
    "replace": lambda order, now: order.replace_lines([a_line("A drum", 50), a_line()], "John", now),
}
WAYS = {"CREATED": [], "CONFIRMED": ["confirm"], "SHIPPED": ["confirm", "ship"], "CANCELLED": ["cancel"]}
LEADS_TO = {
    ("CREATED", "confirm"): "CONFIRMED",
    ("CREATED", "cancel"): "CANCELLED",
    ("CREATED", "replace"): "CREATED",
    ("CONFIRMED", "ship"): "SHIPPED",
    ("CONFIRMED", "cancel"): "CANCELLED",
}
TYPES = {"confirm": "confirmed", "ship": "shipped", "cancel": "cancelled", "replace": "updated"}


def in_state(status: str) -> Order:
    order = an_order(uuid7(), a_line(), due_at=NOON + DELAY)
    for change in WAYS[status]:
        CHANGES[change](order, NOON)
    return order


def state(order: Order) -> tuple[dict[str, Any], datetime | None]:
    return order.public(), order.due_at


def test_an_order_begins_as_created() -> None:
    order = an_order(uuid7(), a_line(unit_price_cents=1999, quantity=3), a_line(unit_price_cents=1))
    assert (order.status, order.version, order.total_cents) == ("CREATED", 1, 5998)
    assert order.created_at == order.updated_at == NOON
    assert [(move.version, move.status, move.at) for move in order.history] == [(1, "CREATED", NOON)]
    assert [(line.order_id, line.position) for line in order.lines] == [(order.id, 0), (order.id, 1)]


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("status", OrderStatus)
def test_every_transition_from_every_state_is_allowed_or_refused(status: str, change: str) -> None:
    order = in_state(status)
    before, moves = state(order), len(order.history)
    version = order.version
    if (status, change) not in LEADS_TO:
        with pytest.raises(ConflictError, match=status):
            CHANGES[change](order, LATER)
        assert state(order) == before
        return
    CHANGES[change](order, LATER)
    assert (order.status, order.version, order.updated_at) == (LEADS_TO[status, change], version + 1, LATER)
    assert len(order.history) == moves + (change != "replace")
    assert order_event(order).type == f"order.{TYPES[change]}"


@pytest.mark.parametrize(
    ("status", "due_at"),
    [("CREATED", NOON + DELAY), ("CONFIRMED", NOON + DELAY), ("SHIPPED", None), ("CANCELLED", None)],
)
def test_only_an_order_under_way_has_a_next_move(status: str, due_at: datetime | None) -> None:
    assert in_state(status).due_at == due_at


def test_a_new_content_replaces_all_of_the_old_and_keeps_the_next_move() -> None:
    order = in_state("CREATED")
    CHANGES["replace"](order, LATER)
    assert [(line.title, line.position) for line in order.lines] == [("A drum", 0), ("A kite", 1)]
    assert (order.total_cents, order.recipient, order.due_at) == (2049, "John", NOON + DELAY)


def test_clock_set_back_does_not_move_times_back() -> None:
    order = in_state("CREATED")
    order.confirm(NOON - timedelta(hours=1), DELAY)
    assert order.updated_at == order.history[-1].at == NOON
    assert order.due_at == NOON + DELAY


def test_order_of_another_customer_is_not_found() -> None:
    order = in_state("CREATED")
    order.check_customer(order.customer_id)
    with pytest.raises(NotFoundError):
        order.check_customer(uuid7())


@pytest.mark.parametrize("seen", [None, frozenset({2}), frozenset({1, 2})])
def test_seen_version_may_be_changed(seen: frozenset[int] | None) -> None:
    in_state("CONFIRMED").check_version(seen)


@pytest.mark.parametrize("seen", [frozenset[int](), frozenset({1, 3})])
def test_unseen_version_is_stale(seen: frozenset[int]) -> None:
    with pytest.raises(StaleError):
        in_state("CONFIRMED").check_version(seen)


def test_first_event_has_the_order() -> None:
    order = in_state("CREATED")
    event = order_event(order)
    assert (event.id, event.type, event.subject) == (f"{order.id}-1", "order.created", str(order.id))
    assert (event.time, event.data) == (NOON, order.public())


@given(
    st.integers(0, 10**14).map(lambda number: NOON + timedelta(microseconds=number)),
    st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1)),
)
def test_response_and_event_of_an_order_are_equal(at: datetime, titles: list[str]) -> None:
    order = an_order(uuid7(), *map(a_line, titles), created_at=at)
    assert OrderResponse.model_validate(order).model_dump(mode="json") == order.public()


class Life(RuleBasedStateMachine):
    """Whatever is tried, and whatever the clocks say, an order goes one way and tells of each step once."""

    def __init__(self) -> None:
        super().__init__()
        self.order = in_state("CREATED")
        self.events = [order_event(self.order)]
        self.times = [self.order.updated_at]

    @rule(change=st.sampled_from(sorted(CHANGES)), minutes=st.integers(-60, 60))
    def attempt(self, change: str, minutes: int) -> None:
        expected, before = LEADS_TO.get((self.order.status, change)), state(self.order)
        try:
            CHANGES[change](self.order, NOON + timedelta(minutes=minutes))
        except ConflictError:
            assert expected is None
            assert state(self.order) == before
        else:
            assert self.order.status == expected
            self.events.append(order_event(self.order))
            self.times.append(self.order.updated_at)

    @invariant()
    def every_step_is_told_once(self) -> None:
        expected = [f"{self.order.id}-{version}" for version in range(1, self.order.version + 1)]
        assert [event.id for event in self.events] == expected
        told = [event.type.removeprefix("order.").upper() for event in self.events]
        assert [status for status in told if status != "UPDATED"] == self.states()

    @invariant()
    def the_history_is_a_way(self) -> None:
        steps = {(start, end) for (start, _), end in LEADS_TO.items() if start != end}
        assert self.states()[0] == "CREATED"
        assert steps.issuperset(pairwise(self.states()))
        assert self.states()[-1] == self.order.status

    @invariant()
    def time_goes_on(self) -> None:
        assert self.times == sorted(self.times)
        assert (self.order.due_at is None) == (self.order.status in {"SHIPPED", "CANCELLED"})

    def states(self) -> list[str]:
        return [move.status for move in self.order.history]


TestLife = Life.TestCase
