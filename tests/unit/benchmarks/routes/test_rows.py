"""Which counts of rows are right."""

from collections.abc import Mapping

import pytest
from benchmarks.routes.catalogue import all_routes
from benchmarks.routes.rows import unequal

ROUTES, ANSWERED = all_routes(), range(10, 13)


def orders(rows: int = 10, **other: int) -> Mapping[str, int]:
    usual = dict.fromkeys(("orders", "lines", "history", "events", "true_events"), rows)
    return {"rows": rows, **usual, "keys": 0, **other}


def test_each_order_has_all_of_its_rows() -> None:
    assert not unequal(ROUTES["post-order"], orders(), ANSWERED)


@pytest.mark.parametrize("kind", ["orders", "lines", "history", "events", "true_events", "keys"])
def test_a_row_too_many_or_too_few_is_seen(kind: str) -> None:
    assert unequal(ROUTES["post-order"], orders(**{kind: 11}), ANSWERED) == kind
    assert unequal(ROUTES["post-order"], orders(**{kind: 9}), ANSWERED) == kind


def test_there_are_as_many_orders_as_answers() -> None:
    assert not unequal(ROUTES["post-order"], orders(12), ANSWERED)
    assert unequal(ROUTES["post-order"], orders(9), ANSWERED)
    assert unequal(ROUTES["post-order"], orders(13), ANSWERED)


def test_only_keyed_orders_have_keys() -> None:
    assert not unequal(ROUTES["post-order-key"], orders(keys=10), ANSWERED)
    assert unequal(ROUTES["post-order-key"], orders(keys=0), ANSWERED) == "keys"


def test_each_changed_person_has_an_event_with_the_last_date() -> None:
    people = {"rows": 5, "events": 5, "wrong": 0}
    assert not unequal(ROUTES["put-person"], people, ANSWERED)
    assert unequal(ROUTES["put-person"], people | {"events": 4}, ANSWERED) == "events"
    assert unequal(ROUTES["put-person"], people | {"wrong": 1}, ANSWERED) == "wrong"
