"""The challenge's own text, as a feature file."""

from datetime import UTC, date, datetime, timedelta

import httpx
import pytest
from pytest_bdd import given, parsers, scenarios, then, when

from tests.support.builders import a_name

pytestmark = [pytest.mark.external, pytest.mark.usefixtures("client")]
scenarios("features/hello.feature")


@pytest.fixture
def john() -> str:
    """A name of the test's own, where the text says John."""
    return a_name()


@given(parsers.parse("John's birthday is in {days:d} days"))
def born(client: httpx.Client, john: str, days: int) -> None:
    """1996 is a leap year, so that every day of this year existed then."""
    birthday = datetime.now(UTC).date() + timedelta(days)
    client.put(f"/hello/{john}", json={"dateOfBirth": date(1996, birthday.month, birthday.day).isoformat()})


@when("I say hello to John", target_fixture="answer")
def greeted(client: httpx.Client, john: str) -> httpx.Response:
    return client.get(f"/hello/{john}")


@when(parsers.parse('I save {name} with the date of birth "{day}"'), target_fixture="answer")
def saved(client: httpx.Client, john: str, name: str, day: str) -> httpx.Response:
    return client.put(f"/hello/{name.replace('John', john)}", json={"dateOfBirth": day})


@then(parsers.parse("the answer is {status:d}"))
def answered(answer: httpx.Response, status: int) -> None:
    assert answer.status_code == status


@then(parsers.parse('the message is "{message}"'))
def said(answer: httpx.Response, john: str, message: str) -> None:
    assert answer.json() == {"message": message.replace("John", john)}


@then("there is no body")
def no_body(answer: httpx.Response) -> None:
    assert answer.content == b""
