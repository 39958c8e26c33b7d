"""`/hello` to the letter of the contract."""

from datetime import timedelta
from urllib.parse import quote

import httpx
import pytest

from tests.support.builders import a_name
from tests.support.http.birthdays import save_birthday, today
from tests.support.http.messages import JSON, assert_problem

pytestmark = pytest.mark.external


def test_first_and_second_put_are_204_without_a_body(client: httpx.Client) -> None:
    name = a_name()
    for born in ("1990-05-17", "1991-05-17"):
        saved = save_birthday(client, name, born)
        assert (saved.status_code, saved.content) == (204, b"")


@pytest.mark.parametrize("name", ["a", "Z" * 100, "health", "metrics"])
def test_ascii_letters_are_a_valid_name(client: httpx.Client, name: str) -> None:
    assert save_birthday(client, name, "1990-05-17").status_code == 204
    assert client.get(f"/hello/{name}").json()["message"].startswith(f"Hello, {name}! ")


def test_the_greeting_counts_the_days(client: httpx.Client) -> None:
    name, born = a_name(), today().replace(year=1996) + timedelta(5)
    save_birthday(client, name, born.isoformat())
    greeting = client.get(f"/hello/{name}")
    assert greeting.status_code == 200
    assert greeting.json() == {"message": f"Hello, {name}! Your birthday is in 5 day(s)"}


def test_greeting_on_the_birthday_congratulates(client: httpx.Client) -> None:
    name = a_name()
    save_birthday(client, name, today().replace(year=1996).isoformat())
    assert client.get(f"/hello/{name}").json() == {"message": f"Hello, {name}! Happy birthday!"}


def test_names_are_case_sensitive(client: httpx.Client) -> None:
    name = a_name()
    save_birthday(client, name, "1990-05-17")
    assert_problem(client.get(f"/hello/{name.swapcase()}"), 404)


def test_deleted_person_is_404(client: httpx.Client) -> None:
    name = a_name()
    save_birthday(client, name, "1990-05-17")
    deleted = client.delete(f"/hello/{name}")
    assert (deleted.status_code, deleted.content) == (204, b"")
    assert_problem(client.get(f"/hello/{name}"), 404)
    assert_problem(client.delete(f"/hello/{name}"), 404)


BAD_NAMES = [
    "",
    "Z" * 101,
    "john1",
    "john%0A",
    "%0Ajohn",
    "J%C3%B6hn",
    "%E2%84%AA",
    "a%20b",
    "a%2Fb",
    "%00",
    "%FF",
    ".",
]


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
@pytest.mark.parametrize("name", [name if name != "." else quote("a.b") for name in BAD_NAMES])
def test_invalid_name_is_400(client: httpx.Client, method: str, name: str) -> None:
    body = b'{"dateOfBirth": "1990-05-17"}' if method == "PUT" else None
    problem = assert_problem(client.request(method, f"/hello/{name}", content=body, headers=JSON), 400)
    assert [error["field"] for error in problem["errors"]] == ["username"]
    assert "letters" in problem["detail"]


@pytest.mark.parametrize(
    "born",
    [
        0,
        631152000,
        19900517,
        None,
        True,
        [],
        {},
        "",
        "631152000",
        "1990-5-17",
        "1990-05-17T00:00:00",
        "1990-05-17 ",
        "1990-05-17\n",
        "1990/05/17",
        "19900517",
        "17-05-1990",
        "1990-02-29",
        "1990-13-01",
        "0000-01-01",
        "+990-05-17",
        "١٩٩٠-٠٥-١٧",  # noqa: RUF001
        "1990-05-1\x00",
    ],
)
def test_invalid_date_is_400(client: httpx.Client, born: object) -> None:
    problem = assert_problem(save_birthday(client, a_name(), born), 400)
    assert [error["field"] for error in problem["errors"]] == ["dateOfBirth"]


@pytest.mark.parametrize("ahead", [0, 1, 365])
def test_date_of_birth_from_today_on_is_400(client: httpx.Client, ahead: int) -> None:
    problem = assert_problem(save_birthday(client, a_name(), (today() + timedelta(ahead)).isoformat()), 400)
    assert problem["errors"][0]["field"] == "dateOfBirth"
    assert "before today" in problem["detail"]


def test_date_of_birth_yesterday_is_204(client: httpx.Client) -> None:
    assert save_birthday(client, a_name(), (today() - timedelta(1)).isoformat()).status_code == 204


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"x",
        b"{",
        b"[]",
        b"null",
        b'"1990-05-17"',
        b"{}",
        b'{"dateOfBirth": "\xff"}',
        b"[" * 100_000,
        b'{"dateOfBirth": "\\ud800"}',
        b'{"dateofbirth": "1990-05-17"}',
        b'{"dateOfBirth": ' + b"1" * 5000 + b"}",
    ],
    ids=lambda body: body[:20].decode("latin-1"),
)
def test_malformed_person_body_is_400(client: httpx.Client, body: bytes) -> None:
    assert_problem(client.put(f"/hello/{a_name()}", content=body, headers=JSON), 400)


def test_unknown_fields_of_a_person_are_ignored(client: httpx.Client) -> None:
    body = {"dateOfBirth": "1990-05-17", "shoeSize": 43}
    assert client.put(f"/hello/{a_name()}", json=body).status_code == 204


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "application/jsonx", ""])
def test_a_body_of_another_type_is_415(client: httpx.Client, kind: str) -> None:
    headers = {"Content-Type": kind} if kind else {}
    body = b'{"dateOfBirth": "1990-05-17"}'
    assert_problem(client.put(f"/hello/{a_name()}", content=body, headers=headers), 415)


@pytest.mark.parametrize("kind", ["application/json", "application/json; charset=utf-8", "Application/JSON"])
def test_json_media_type_may_have_parameters(client: httpx.Client, kind: str) -> None:
    body = b'{"dateOfBirth": "1990-05-17"}'
    response = client.put(f"/hello/{a_name()}", content=body, headers={"Content-Type": kind})
    assert response.status_code == 204


def test_no_body_and_no_type_is_400(client: httpx.Client) -> None:
    assert_problem(client.put(f"/hello/{a_name()}"), 400)


@pytest.mark.parametrize("streamed", [False, True])
def test_a_body_over_the_limit_is_413(client: httpx.Client, streamed: bool) -> None:  # noqa: FBT001
    body = b'{"dateOfBirth": "1990-05-17", "x": "' + b"x" * 2**20 + b'"}'
    content = iter([body[:1000], body[1000:]]) if streamed else body
    assert_problem(client.put(f"/hello/{a_name()}", content=content, headers=JSON), 413)


def test_timezone_parameter_decides_the_day(client: httpx.Client) -> None:
    """Kiritimati is a day ahead of Midway Atoll, or two."""
    name = a_name()
    save_birthday(client, name, "1990-05-17")
    messages = {
        client.get(f"/hello/{name}", params={"tz": tz}).json()["message"]
        for tz in ("Pacific/Kiritimati", "Pacific/Midway")
    }
    assert len(messages) == 2


@pytest.mark.parametrize("tz", ["", "Mars/Phobos", "../UTC", "\0", "/etc/passwd", "utc+1", "Europe"])
def test_an_unknown_zone_is_400(client: httpx.Client, tz: str) -> None:
    name = a_name()
    save_birthday(client, name, "1990-05-17")
    problem = assert_problem(client.get(f"/hello/{name}", params={"tz": tz}), 400)
    assert problem["errors"][0]["field"] == "tz"


@pytest.mark.parametrize("method", ["POST", "PATCH", "OPTIONS", "TRACE"])
def test_unsupported_method_on_hello_is_405_with_allow(client: httpx.Client, method: str) -> None:
    response = client.request(method, "/hello/John")
    assert_problem(response, 405)
    assert response.headers["Allow"] == "DELETE, GET, HEAD, PUT"


def test_head_on_hello_has_the_headers_of_get(client: httpx.Client) -> None:
    name = a_name()
    save_birthday(client, name, "1990-05-17")
    head, get = client.head(f"/hello/{name}"), client.get(f"/hello/{name}")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["Content-Length"] == get.headers["Content-Length"]
