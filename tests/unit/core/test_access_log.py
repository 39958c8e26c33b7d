"""The line of a request, in both formats, and when it is written."""

import asyncio

import orjson
import pytest

from hello.core.access_log import AccessLog

AT = 1_700_000_000.25


async def line(method: str, route: str, *, as_json: bool) -> bytes:
    written: list[bytes] = []
    log = AccessLog(write=written.append, as_json=as_json, enabled=True)
    log.add(log.template(method, route, 200), AT, 0.0125, "an-id")
    log.flush()
    return b"".join(written)


async def test_console_line_is_readable() -> None:
    expected = b"2023-11-14T22:13:20.250Z [info     ] GET /hello/{username} 200 12.5 ms request_id=an-id\n"
    assert await line("GET", "/hello/{username}", as_json=False) == expected


async def test_json_line_has_all_fields() -> None:
    found = orjson.loads(await line("GET", "/hello/{username}", as_json=True))
    assert found == {
        "timestamp": "2023-11-14T22:13:20.250Z",
        "level": "info",
        "logger": "hello.http",
        "event": "request",
        "method": "GET",
        "route": "/hello/{username}",
        "status": 200,
        "duration_ms": 12.5,
        "request_id": "an-id",
    }


@pytest.mark.parametrize("as_json", [True, False])
async def test_percent_sign_is_logged_unchanged(*, as_json: bool) -> None:
    assert b"/100%b" in await line("GET", "/100%b", as_json=as_json)


async def test_lines_are_written_soon_by_themselves() -> None:
    written: asyncio.Queue[bytes] = asyncio.Queue()
    log = AccessLog(write=written.put_nowait, as_json=False, enabled=True)
    for number in range(3):
        log.add(log.template("GET", "/", 200), AT, 0, f"id-{number}")
    assert (await asyncio.wait_for(written.get(), 5)).count(b"\n") == 3


async def test_a_log_that_is_off_writes_nothing() -> None:
    written: list[bytes] = []
    log = AccessLog(write=written.append, as_json=False, enabled=False)
    log.add(log.template("GET", "/", 200), AT, 0, "an-id")
    log.flush()
    assert not written


@pytest.mark.parametrize("as_json", [True, False])
async def test_line_of_a_traced_request_has_the_trace_as_well(*, as_json: bool) -> None:
    written: list[bytes] = []
    log = AccessLog(write=written.append, as_json=as_json, enabled=True, sample=0)
    log.add(log.template("GET", "/", 200), AT, 0, log.with_trace("an-id", "a-trace"))
    log.flush()
    if as_json:
        found = orjson.loads(written[0])
        assert (found["request_id"], found["trace_id"]) == ("an-id", "a-trace")
    else:
        assert written[0].endswith(b" request_id=an-id trace_id=a-trace\n")


@pytest.mark.parametrize(("sample", "logged"), [(1, 4), (0.5, 2), (0, 0)])
async def test_share_of_the_lines_is_written(sample: float, logged: int) -> None:
    written: list[bytes] = []
    numbers = iter([0.0, 0.49, 0.5, 0.99])
    log = AccessLog(
        write=written.append, as_json=False, enabled=True, sample=sample, random=lambda: next(numbers)
    )
    add = log.sampled()
    for _ in range(4):
        add(log.template("GET", "/", 200), AT, 0, "an-id")
    log.flush()
    assert b"".join(written).count(b"\n") == logged
