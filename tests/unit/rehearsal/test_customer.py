"""A customer repeats what was lost, notices stale answers, and remembers what may have happened."""

from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from random import Random

import orjson
import pytest

from tests.rehearsal.client import Answer, LostError, Request
from tests.rehearsal.customer import Customer, FailedError, Name, today
from tests.rehearsal.facts import FactsWriter, known_facts
from tests.rehearsal.files import LoadFolder
from tests.rehearsal.seconds import Recorder

DAYS = 3
SAVED = Answer(204, b"")


class Script:
    """Answers in this order, and keeps the requests."""

    def __init__(self, answers: Iterable[Answer | Exception]) -> None:
        self.answers, self.requests = list(answers), list[Request]()

    async def ask(self, request: Request) -> Answer:
        self.requests.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def a_customer(*answers: Answer | Exception) -> tuple[Customer, Script]:
    script = Script(answers)
    born = (today() + timedelta(DAYS)).replace(year=1996)
    customer = Customer(
        client=script,
        random=Random(1),  # noqa: S311  # repeatable
        recorder=Recorder(),
        facts=FactsWriter(LoadFolder(Path("unused"))),
        names=[Name("john", {born})],
    )
    return customer, script


def greeting(words: str) -> Answer:
    return Answer(200, orjson.dumps({"message": f"Hello, {words}"}))


def created(order: str) -> Answer:
    return Answer(201, orjson.dumps({"id": order}))


async def test_right_greeting_is_accepted() -> None:
    customer, _ = a_customer(greeting(f"john! Your birthday is in {DAYS} day(s)"))
    await customer.greet()


@pytest.mark.parametrize(
    ("words", "failure"),
    [
        ("john! Your birthday is in 4 day(s)", "stale"),
        ("john! Happy birthday!", "stale"),
        ("jane! Your birthday is in 3 day(s)", "another greeting"),
        ("john", "another greeting"),
    ],
)
async def test_wrong_greeting_is_a_failure(words: str, failure: str) -> None:
    customer, _ = a_customer(greeting(words))
    with pytest.raises(FailedError, match=failure):
        await customer.greet()


@pytest.mark.parametrize("lost", [LostError("cut"), LostError("idle"), Answer(502, b""), Answer(504, b"")])
async def test_lost_write_is_repeated_and_counted(lost: Answer | Exception) -> None:
    customer, script = a_customer(lost, SAVED)
    await customer.save()
    assert len(script.requests) == 2
    assert customer.recorder.repeated.total() == 1
    assert known_facts(customer.facts.rows).writes == 1


async def test_failure_is_not_repeated() -> None:
    customer, script = a_customer(Answer(500, b""))
    with pytest.raises(FailedError, match="500"):
        await customer.save()
    assert len(script.requests) == 1


async def test_write_that_failed_may_have_happened() -> None:
    customer, _ = a_customer(TimeoutError())
    [before] = customer.names[0].possible
    with pytest.raises(FailedError, match="timeout"):
        await customer.save()
    assert before in customer.names[0].possible
    assert known_facts(customer.facts.rows).writes == 0


async def test_repeated_order_has_the_same_key() -> None:
    customer, script = a_customer(LostError("cut"), Answer(409, b""), created("one"))
    await customer.order()
    first, second, third = script.requests
    assert "Idempotency-Key" in first.headers
    assert first == second == third
    assert known_facts(customer.facts.rows).orders == {"one": "john"}


async def test_order_that_failed_may_have_been_made() -> None:
    customer, _ = a_customer(Answer(503, b""))
    with pytest.raises(FailedError, match="503"):
        await customer.order()
    assert known_facts(customer.facts.rows).orders_unknown == 1


async def test_another_order_is_a_failure() -> None:
    customer, _ = a_customer(created("one"), Answer(200, orjson.dumps({"id": "two"})))
    await customer.order()
    with pytest.raises(FailedError, match="another order"):
        await customer.see_order()
