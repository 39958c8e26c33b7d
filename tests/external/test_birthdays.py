"""`/api/v1/birthdays` to the letter of the contract."""

from datetime import date, timedelta
from typing import Any

import httpx
import pytest
from icalendar import Calendar

from hello.connectors.embedded.servers import Servers
from tests.support.builders import a_name
from tests.support.http.accounts import client_of
from tests.support.http.birthdays import CALENDAR, LIST_PATHS, born, save_birthday, today
from tests.support.http.messages import assert_problem
from tests.support.http.running import running_api

pytestmark = pytest.mark.external


def everybody(client: httpx.Client, path: str, **query: int) -> list[dict[str, Any]]:
    """Follow the cursors, and see that the Link header says the same."""
    found: list[dict[str, Any]] = []
    page = client.get(path, params=query)
    while True:
        assert page.status_code == 200
        found += page.json()["people"]
        cursor = page.json()["next_cursor"]
        if cursor is None:
            assert "Link" not in page.headers
            return found
        assert page.links["next"]["url"].endswith(f"cursor={cursor}")
        page = client.get(page.links["next"]["url"])


def test_today_lists_people_by_name_with_their_age(client: httpx.Client) -> None:
    names = sorted(a_name() for _ in range(5))
    for name in names:
        save_birthday(client, name, born(0))
    people = everybody(client, LIST_PATHS[0], limit=2)
    assert [person["username"] for person in people] == sorted({person["username"] for person in people})
    assert {(person["username"], person["turns"]) for person in people} >= {
        (name, today().year - 1996) for name in names
    }
    assert client.get(LIST_PATHS[0]).json()["date"] == today().isoformat()


def test_changed_or_removed_person_leaves_the_list_at_once(client: httpx.Client) -> None:
    name = a_name()
    for celebrates in (True, False, True):
        save_birthday(client, name, born(0 if celebrates else 5))
        assert listed(client, name) == celebrates
    client.delete(f"/hello/{name}")
    assert not listed(client, name)


def listed(client: httpx.Client, name: str) -> bool:
    return name in [person["username"] for person in everybody(client, LIST_PATHS[0], limit=100)]


def test_upcoming_begins_tomorrow_soonest_first(client: httpx.Client) -> None:
    names = {in_days: a_name() for in_days in (0, 1, 2, 7, 8)}
    for in_days, name in names.items():
        save_birthday(client, name, born(in_days))
    people = everybody(client, LIST_PATHS[1], days=7, limit=3)
    order = [(person["in_days"], person["username"]) for person in people]
    assert order == sorted(order)
    assert {in_days for in_days, name in order if name in names.values()} == {1, 2, 7}
    for person in people:
        assert person["date"] == (today() + timedelta(person["in_days"])).isoformat()


def test_the_zone_decides_which_day_it_is(client: httpx.Client) -> None:
    days = {
        client.get(LIST_PATHS[0], params={"tz": tz}).json()["date"]
        for tz in ("Pacific/Kiritimati", "Pacific/Midway")
    }
    assert len(days) == 2


@pytest.mark.parametrize("path", LIST_PATHS)
@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=101",
        "limit=",
        "limit=x",
        "limit=1.5",
        "tz=Mars",
        "cursor=",
        "cursor=x",
        "cursor=AAAA",
        "cursor=%00",
        "cursor=%C3%A4",
    ],
)
def test_invalid_birthday_query_is_400(client: httpx.Client, path: str, query: str) -> None:
    problem = assert_problem(client.get(f"{path}?{query}"), 400)
    assert problem["errors"][0]["field"] == query.split("=", maxsplit=1)[0]


@pytest.mark.parametrize("days", ["0", "367", "", "x"])
def test_days_are_1_to_366(client: httpx.Client, days: str) -> None:
    for path in (LIST_PATHS[1], CALENDAR):
        assert_problem(client.get(path, params={"days": days}), 400)


def test_cursor_of_another_birthday_list_is_400(client: httpx.Client) -> None:
    for _ in range(2):
        save_birthday(client, a_name(), born(0))
    cursor = client.get(LIST_PATHS[0], params={"limit": 1}).json()["next_cursor"]
    assert_problem(client.get(LIST_PATHS[1], params={"cursor": cursor}), 400)


def test_the_calendar_can_be_read_back(client: httpx.Client) -> None:
    soon, later = a_name(), a_name()
    save_birthday(client, soon, born(3))
    save_birthday(client, later, born(200))
    answer = client.get(CALENDAR, params={"days": 30})
    assert answer.headers["Content-Type"].startswith("text/calendar")
    events = {str(event["SUMMARY"]): event for event in Calendar.from_ical(answer.content).walk("VEVENT")}
    assert f"{later}'s birthday" not in events
    event = events[f"{soon}'s birthday"]
    assert event.decoded("DTSTART") == date.fromisoformat(born(3))
    assert event["RRULE"].to_ical() == b"FREQ=YEARLY"
    again = Calendar.from_ical(client.get(CALENDAR).content).walk("VEVENT")
    assert event["UID"] in [other["UID"] for other in again]


def test_leap_day_birthdays_follow_the_setting(client: httpx.Client) -> None:
    name = a_name()
    save_birthday(client, name, "2000-02-29")
    events = Calendar.from_ical(client.get(CALENDAR).content).walk("VEVENT")
    [event] = [event for event in events if event["SUMMARY"] == f"{name}'s birthday"]
    assert event["RRULE"].to_ical() == b"FREQ=YEARLY;BYYEARDAY=60"


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
def test_calendar_poll_of_unchanged_people_is_304(client: httpx.Client, encoding: str) -> None:
    headers = {"Accept-Encoding": encoding}
    save_birthday(client, a_name(), born(0))
    first, second = (client.get(CALENDAR, headers=headers) for _ in range(2))
    assert first.content == second.content
    assert first.headers["ETag"] == second.headers["ETag"]
    assert first.headers["Cache-Control"] == "public, max-age=300"
    assert first.headers["Vary"] == "Accept-Encoding"
    poll = client.get(CALENDAR, headers=headers | {"If-None-Match": first.headers["ETag"]})
    assert (poll.status_code, poll.content) == (304, b"")
    for name in ("ETag", "Cache-Control", "Vary"):
        assert poll.headers[name] == first.headers[name]
    save_birthday(client, a_name(), born(0))
    changed = client.get(CALENDAR, headers=headers | {"If-None-Match": first.headers["ETag"]})
    assert changed.status_code == 200
    assert changed.headers["ETag"] != first.headers["ETag"]


def test_calendar_is_whole_and_compressed_where_that_is_accepted(client: httpx.Client) -> None:
    for _ in range(20):
        save_birthday(client, a_name(), born(0))
    plain = client.get(CALENDAR, headers={"Accept-Encoding": "identity"})
    zipped = client.get(CALENDAR, headers={"Accept-Encoding": "gzip"})
    assert plain.content == zipped.content
    assert "Content-Encoding" not in plain.headers
    assert int(plain.headers["Content-Length"]) == len(plain.content)
    assert zipped.headers["Content-Encoding"] == "gzip"
    assert int(zipped.headers["Content-Length"]) < len(plain.content) / 3
    assert plain.headers["ETag"] != zipped.headers["ETag"]


def test_head_of_calendar_has_the_headers_only(client: httpx.Client) -> None:
    answer = client.head(CALENDAR)
    assert (answer.status_code, answer.content) == (200, b"")
    assert "ETag" in answer.headers


def test_link_leads_through_a_calendar_in_parts(servers: Servers) -> None:
    """A whole calendar in each part, and all people once; the domain is the setting's."""
    with (
        running_api(servers, CALENDAR_EVENTS="3", CALENDAR_DOMAIN="hello.example") as api,
        client_of(api) as own,
    ):
        names = {a_name() for _ in range(8)}
        for name in names:
            save_birthday(own, name, born(0))
        found: list[str] = []
        part = own.get(CALENDAR, params={"days": 1})
        while "next" in part.links:
            assert b"X-WR-CALDESC" in part.content
            found += uids_in(part)
            part = own.get(part.links["next"]["url"])
        found += uids_in(part)
        assert b"X-WR-CALDESC" not in part.content
        assert len(found) == len(set(found))
        assert {f"birthday-{name}@hello.example" for name in names} <= set(found)
        assert_problem(own.get(CALENDAR, params={"cursor": "x"}), 400)


def uids_in(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200
    events = Calendar.from_ical(answer.content).walk("VEVENT")
    assert len(events) <= 3
    return [str(event["UID"]) for event in events]


@pytest.mark.parametrize("token", [None, "Bearer", "Bearer x", "Basic x", "Bearer " + "x" * 40])
@pytest.mark.parametrize(("method", "path"), [("POST", "import"), ("GET", "export")])
def test_import_and_export_are_closed(
    client: httpx.Client, method: str, path: str, token: str | None
) -> None:
    headers = {"Authorization": token} if token else {}
    answer = client.request(method, f"/api/v1/birthdays/{path}", headers=headers)
    assert_problem(answer, 401)
    assert answer.headers["WWW-Authenticate"] == "Bearer"
