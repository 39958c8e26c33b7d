"""The checker notices each kind of loss, and nothing else."""

from dataclasses import replace

import pytest

from tests.chaos.consistency import KEPT
from tests.rehearsal.check import StoredFacts, verdict
from tests.rehearsal.facts import known_facts
from tests.unit.rehearsal.builders import JUNE, MAY, arrivals_of, known, names_of_faults, stored

GOOD = {"one": KEPT, "two": KEPT}
BACKWARDS = [*arrivals_of("two", KEPT), *arrivals_of("one", KEPT)[::-1]]
KNOWN = known(one="john", two="john")


def test_nothing_is_wrong_when_all_is_stored() -> None:
    found = verdict(KNOWN, stored(GOOD))
    assert found.is_good, found


@pytest.mark.parametrize(
    ("wrong", "fault"),
    [
        (stored(GOOD, born=JUNE), "lost writes"),
        (replace(stored(GOOD), born={}), "lost writes"),
        (stored({"one": ("created", "confirmed"), "two": KEPT}), "orders moved wrongly"),
        (stored({"one": (*KEPT, "shipped"), "two": KEPT}), "orders moved wrongly"),
        (stored({"one": ("created", "shipped", "confirmed"), "two": KEPT}), "orders moved wrongly"),
        (stored(GOOD, counted=["one-3"]), "events lost"),
        (stored(GOOD, arrivals=arrivals_of("one", KEPT)), "events lost"),
        (stored(GOOD, arrivals=BACKWARDS), "events out of order"),
        (stored(GOOD, gifts=1), "gifts miscounted"),
        (stored(GOOD, gifts=3), "gifts miscounted"),
    ],
)
def test_fault_is_noticed(wrong: StoredFacts, fault: str) -> None:
    assert fault in names_of_faults(verdict(KNOWN, wrong))


def test_dead_letter_is_a_fault() -> None:
    good = stored(GOOD)
    wrong = replace(good, facts=replace(good.facts, dead={"one-3": "a bug"}))
    assert names_of_faults(verdict(KNOWN, wrong)) == ["dead letters"]


def test_acknowledged_order_that_is_not_stored_is_lost() -> None:
    found = verdict(KNOWN, stored({"one": KEPT}))
    assert found.lost_orders == ["two"]


def test_order_that_nobody_knows_was_made_twice() -> None:
    found = verdict(KNOWN, stored({**GOOD, "three": KEPT}))
    assert found.orders_made_twice == ["three"]


def test_request_without_an_answer_may_have_made_an_order() -> None:
    unknown = replace(KNOWN, orders_unknown=1)
    assert verdict(unknown, stored({**GOOD, "three": KEPT})).is_good
    two_more = stored({**GOOD, "three": KEPT, "four": KEPT})
    assert names_of_faults(verdict(unknown, two_more)) == ["orders made twice"]


def test_two_requests_with_one_order_are_a_fault() -> None:
    found = verdict(replace(KNOWN, orders_answered=3), stored(GOOD))
    assert names_of_faults(found) == ["orders made twice"]


def test_event_that_arrives_again_is_no_fault() -> None:
    again = [*arrivals_of("one", KEPT), *arrivals_of("two", KEPT), *arrivals_of("one", KEPT)]
    assert verdict(KNOWN, stored(GOOD, arrivals=again)).is_good


def test_orders_and_events_of_others_do_not_count() -> None:
    mixed = stored(GOOD)
    lives = {**GOOD, "other": ("created",)}
    assert verdict(KNOWN, replace(mixed, facts=replace(mixed.facts, lives=lives))).is_good


def test_without_a_watcher_the_inbox_of_the_consumer_tells() -> None:
    unwatched = replace(stored(GOOD, counted=["one-3"]), arrivals=None)
    assert verdict(KNOWN, unwatched).events_lost == ["two-3"]


def test_later_write_without_an_answer_may_have_happened() -> None:
    rows = [
        {"name": "john", "born": MAY.isoformat(), "known": True},
        {"name": "john", "born": JUNE.isoformat(), "known": False},
    ]
    assert known_facts(rows).born == {"john": {MAY, JUNE}}


def test_acknowledged_write_replaces_what_may_have_been() -> None:
    rows = [
        {"name": "john", "born": MAY.isoformat(), "known": False},
        {"name": "john", "born": JUNE.isoformat(), "known": True},
    ]
    facts = known_facts(rows)
    assert (facts.born, facts.writes) == ({"john": {JUNE}}, 1)


def test_orders_with_and_without_an_answer_are_counted() -> None:
    facts = known_facts(
        [
            {"order": "one", "recipient": "john", "known": True},
            {"order": "a key", "recipient": "john", "known": False},
        ]
    )
    assert (facts.orders, facts.orders_answered, facts.orders_unknown) == ({"one": "john"}, 1, 1)
