"""Whom a limit counts, and what it tells them."""

from dataclasses import replace
from types import SimpleNamespace
from uuid import UUID

import pytest
from fastapi import Request

from hello.entities.errors import TooManyError
from hello.interface.http.limits import address_of, limited, ratelimit_headers, ratelimit_lines
from hello.services.security import Caller, LimitStatus, Role

STANDING = LimitStatus(quota=10, window_s=60, remaining=7, reset_s=12, is_exceeded=False)
EXCEEDED = replace(STANDING, remaining=0, is_exceeded=True)
JOHN = Caller(UUID(int=7), Role.USER)
POLICY = '"login";q=10;w=60'


class TwinLimiter:
    """Answers what it is told to, and remembers who was counted."""

    def __init__(self, standing: LimitStatus | None) -> None:
        self.standing = standing
        self.counted: list[tuple[str, str]] = []
        self.exactly: list[tuple[str, str]] = []

    async def hit(self, group: str, key: str) -> LimitStatus | None:
        self.exactly.append((group, key))
        return self.standing

    def hit_nowait(self, group: str, key: str) -> LimitStatus | None:
        self.counted.append((group, key))
        return self.standing

    async def clear(self, *_: str) -> None:
        self.counted.clear()


def a_request(
    standing: LimitStatus | None = STANDING, client: str | None = "192.0.2.1", **state: object
) -> Request:
    app = SimpleNamespace(state=SimpleNamespace(use_cases=SimpleNamespace(limiter=TwinLimiter(standing))))
    address = None if client is None else (client, 50_000)
    headers = [(b"authorization", b"Bearer verified-before")] if "caller" in state else []
    return Request({"type": "http", "app": app, "client": address, "state": state, "headers": headers})


def counted(request: Request) -> list[tuple[str, str]]:
    limiter: TwinLimiter = request.app.state.use_cases.limiter
    return limiter.counted


def headers(request: Request) -> dict[str, str]:
    """Return what a layer outside finds, which has only the scope."""
    found: dict[str, str] = request.scope["state"].get("headers", {})
    return found


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::1", "::/64"),
        ("/run/hello.sock", "unknown"),
        ("", "unknown"),
        (None, "unknown"),
    ],
)
def test_an_address_stands_for_one_client(host: str | None, address: str) -> None:
    assert address_of(a_request(client=host)) == address


def test_the_headers_are_lists_of_structured_fields() -> None:
    assert ratelimit_headers("login", STANDING) == {
        "RateLimit-Policy": POLICY,
        "RateLimit": '"login";r=7;t=12',
    }


@pytest.mark.parametrize("status", [STANDING, EXCEEDED, replace(STANDING, quota=1, window_s=1, reset_s=1)])
def test_lines_are_the_headers_in_lower_case(status: LimitStatus) -> None:
    lines = [f"{name.lower()}: {value}\r\n" for name, value in ratelimit_headers("items", status).items()]
    assert ratelimit_lines("items", status) == "".join(lines).encode()


async def test_limit_by_address_is_counted_exactly() -> None:
    request = a_request(caller=JOHN)
    await limited("accounts", by_address=True)(request)
    assert request.app.state.use_cases.limiter.exactly == [("accounts", "192.0.2.1")]
    assert counted(request) == []


async def test_anonymous_request_is_counted_by_address() -> None:
    request = a_request()
    await limited("login")(request)
    assert counted(request) == [("login", "192.0.2.1")]


async def test_authenticated_request_is_counted_by_account() -> None:
    request = a_request(caller=JOHN)
    await limited("login")(request)
    assert counted(request) == [("login", str(JOHN.account_id))]


async def test_counted_request_has_ratelimit_headers() -> None:
    request = a_request()
    await limited("login")(request)
    assert headers(request) == ratelimit_headers("login", STANDING)


async def test_request_without_a_limit_has_no_headers() -> None:
    request = a_request(None)
    await limited("login")(request)
    assert headers(request) == {}


async def test_exceeded_limit_is_refused_with_ratelimit_headers() -> None:
    request = a_request(EXCEEDED)
    with pytest.raises(TooManyError, match="10 in 60 s") as refused:
        await limited("login")(request)
    assert refused.value.retry_after_s == EXCEEDED.reset_s
    assert headers(request) == {"RateLimit-Policy": POLICY, "RateLimit": '"login";r=0;t=12'}


async def test_retry_after_is_at_least_one_second() -> None:
    with pytest.raises(TooManyError) as refused:
        await limited("login")(a_request(replace(EXCEEDED, reset_s=0)))
    assert refused.value.retry_after_s == 1


async def test_a_second_limit_lengthens_the_lists_and_leaves_other_headers_alone() -> None:
    request = a_request(headers={"Link": "<x>"})
    for group in ("api", "login"):
        await limited(group)(request)
    assert headers(request) == {
        "Link": "<x>",
        "RateLimit-Policy": f'"api";q=10;w=60, {POLICY}',
        "RateLimit": '"api";r=7;t=12, "login";r=7;t=12',
    }
