"""Which orders a transaction says have changed, and in how many notices."""

from collections.abc import Sequence

import pytest

from hello.connectors.postgres.outbox import IDS_IN_NOTICE, changed_orders
from tests.twins.events import an_event


@pytest.mark.parametrize(
    ("orders", "notices"),
    [(0, []), (1, [1]), (IDS_IN_NOTICE, [IDS_IN_NOTICE]), (2 * IDS_IN_NOTICE + 1, [IDS_IN_NOTICE] * 2 + [1])],
)
def test_each_changed_order_is_in_one_notice(orders: int, notices: Sequence[int]) -> None:
    subjects = [f"{number:036}" for number in range(orders)]
    found = changed_orders([an_event(subject) for subject in subjects])
    assert [len(notice.split(",")) for notice in found] == notices
    assert ",".join(found) == ",".join(subjects)
    assert all(len(notice) < 8000 for notice in found)


def test_only_orders_are_followed() -> None:
    events = [an_event("kite", "item.deleted"), an_event("order"), an_event("Ada", "person.saved")]
    assert changed_orders(events) == ["order"]
