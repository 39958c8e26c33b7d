"""That a server answers as it should: a fast wrong answer is worth nothing."""

import json
import random
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import chain

from benchmarks.client import Answer, Client
from benchmarks.load import TODAYS_PATH
from benchmarks.names import a_name
from benchmarks.running import Running
from hello.core.clock import now
from hello.entities.birthdays import LeapDay, days_until_birthday
from hello.entities.greetings import DaysWording, Greeting, hello

NAME_LENGTH = 20
OK, SAVED, BAD, UNKNOWN = 200, 204, 400, 404


def check(running: Running) -> None:
    """Raise `BenchError` with the first wrong answer."""
    running.check_alive()
    client, name = running.client, a_name(random.SystemRandom(), NAME_LENGTH)
    wrong = wrong_answers(client, name) if running.server.greets else wrong_pretence(client, name)
    lists = wrong_lists(client, name) if running.server.greets and running.server.lists else iter(())
    if first := next(chain(wrong, lists), None):
        raise running.failure(f"answers wrongly: {first}")


def wrong_lists(client: Client, name: str) -> Iterator[str]:
    """Expect a birthday in the list only while it is one."""
    name = f"A{name}"  # sorts before those who are in the table
    for born, listed in ((celebrated_in(1972, today()), True), (date(1990, 5, 17), False)):
        yield from unless("PUT", client.put(name, {"dateOfBirth": born.isoformat()}), SAVED)
        answer = client.get_path(TODAYS_PATH)
        yield from unless("today's birthdays", answer, OK)
        names = [person["username"] for person in json.loads(answer.body)["people"]]
        if names != sorted(names) or (name in names) != (listed or is_today(born)):
            yield f"today's birthdays once {name} is born on {born}: {names}"


def is_today(born: date) -> bool:
    return (born.month, born.day) == (today().month, today().day)


def wrong_pretence(client: Client, name: str) -> Iterator[str]:
    yield from unless("PUT", client.put(name, {"dateOfBirth": "1990-05-17"}), SAVED)
    yield from unless("GET", client.get(name), OK)


def wrong_answers(client: Client, name: str) -> Iterator[str]:
    yield from unless("GET of an unknown name", client.get(name), UNKNOWN)
    for born in births(today()):
        yield from wrong_greeting(client, name, born)
    for bad in ("J0hn", "john\n", "Zo\u00eb", 101 * "a"):
        yield from unless(f"GET of {bad!r}", client.get(bad), BAD)
        yield from unless(f"PUT of {bad!r}", client.put(bad, {"dateOfBirth": "1990-05-17"}), BAD)
    for body in bad_bodies(today()):
        yield from unless(f"PUT of {body}", client.put(name, body), BAD)


def wrong_greeting(client: Client, name: str, born: date) -> Iterator[str]:
    """Take the greeting of either day when it turns midnight meanwhile."""
    before = today()
    saved = client.put(name, {"dateOfBirth": born.isoformat()})
    yield from unless(f"PUT of {born}", saved, SAVED)
    if saved.body:
        yield f"PUT of {born}: a body with 204"
    answer = client.get(name)
    yield from unless(f"GET of {born}", answer, OK)
    if json.loads(answer.body) not in [greeting(name, born, day) for day in (before, today())]:
        yield f"GET of {born}: {answer.body!r}"


def births(day: date) -> list[date]:
    """Return days whose greetings are easy to get wrong: leapers', today's, yesterday's and tomorrow's."""
    years_ago = [celebrated_in(1972, day + timedelta(shift)) for shift in (-1, 0, 1)]
    return [date(1990, 5, 17), date(2000, 2, 29), date(1900, 3, 1), date(1999, 12, 31), *years_ago]


def celebrated_in(leap_year: int, day: date) -> date:
    return day.replace(year=leap_year)


def bad_bodies(day: date) -> list[object]:
    texts = [(day + timedelta(365)).isoformat(), "2001-02-29", "1990-5-17", "17.05.1990", ""]
    return [{"dateOfBirth": text} for text in [*texts, None, 19900517]] + [{}, [], "1990-05-17"]


def greeting(name: str, born: date, day: date) -> dict[str, str]:
    days = days_until_birthday(born, day, LeapDay.MAR1)
    return {"message": hello(name, Greeting(DaysWording.SPEC).ending(days))}


def unless(what: str, answer: Answer, status: int) -> Iterator[str]:
    """Yield what is wrong unless the answer has this status."""
    if answer.status != status:
        yield f"{what}: {answer.status} {answer.body[:200]!r} instead of {status}"


def today() -> date:
    return now().date()
