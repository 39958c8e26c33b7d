"""What counts as the same answer."""

from collections.abc import Mapping

import pytest
from benchmarks.routes.checks import comparable
from benchmarks.routes.client import Reply

JSON = {"content-type": "application/json"}
PROBLEM = {"content-type": "application/problem+json"}


def same(first: Reply, second: Reply, *, is_new: bool = False) -> bool:
    return comparable(first, is_new=is_new) == comparable(second, is_new=is_new)


def ok(body: object, headers: Mapping[str, str] = JSON) -> Reply:
    return Reply(200, headers, body)


def test_a_moment_is_the_same_in_each_form() -> None:
    assert same(ok({"at": "2026-01-01T00:00:00.120000Z"}), ok({"at": "2026-01-01T00:00:00.12Z"}))
    assert not same(ok({"at": "2026-01-01T00:00:00.120000Z"}), ok({"at": "2026-01-01T00:00:00.13Z"}))


@pytest.mark.parametrize(
    "other",
    [
        {"items": [{"title": "A kite"}], "total": 2},
        {"items": [{"title": "a kite"}], "total": 1},
        {"items": [{"title": "A kite", "price": None}], "total": 1},
        {"items": [], "total": 1},
        None,
    ],
)
def test_any_other_value_or_field_is_a_difference(other: object) -> None:
    assert not same(ok({"items": [{"title": "A kite"}], "total": 1}), ok(other))


def test_a_cursor_is_the_servers_own_but_must_be_there() -> None:
    assert same(ok({"next_cursor": "abc"}), ok({"next_cursor": "def"}))
    assert not same(ok({"next_cursor": "abc"}), ok({"next_cursor": None}))


def test_ids_and_times_differ_only_in_what_is_new() -> None:
    one, two = (ok({"id": number, "created_at": f"2026-01-0{number}T00:00:00Z"}) for number in (1, 2))
    assert same(one, two, is_new=True)
    assert not same(one, two)
    assert not same(ok({"id": "1"}), ok({"id": 1}), is_new=True)


def test_versions_are_compared_and_other_tags_are_not() -> None:
    def tagged(tag: str) -> Reply:
        return ok({}, {**JSON, "etag": tag})

    assert not same(tagged('"1"'), tagged('"2"'))
    assert same(tagged('"a1"'), tagged('"b2"'))


def test_status_and_kind_are_compared() -> None:
    assert not same(Reply(200, JSON, {}), Reply(201, JSON, {}))
    assert not same(Reply(404, JSON, {}), Reply(404, PROBLEM, {}))


def test_a_problem_may_have_words_of_its_own() -> None:
    problem = {"type": "about:blank", "title": "Not Found", "status": 404}
    assert same(
        Reply(404, PROBLEM, {**problem, "detail": "no such item"}), Reply(404, PROBLEM, {**problem, "x": 1})
    )
    assert not same(Reply(404, PROBLEM, problem), Reply(404, PROBLEM, {**problem, "title": "Missing"}))
