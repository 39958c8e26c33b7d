"""Who asks, and how often, is the same on the fast path as in the application, and counted once."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from fastapi import Request
from starlette.types import Receive, Scope, Send

from hello.entities.accounts import Role
from hello.entities.errors import TooManyError
from hello.interface.http.app import behind_proxies
from hello.interface.http.fast_routes.access import FastAccess
from hello.interface.http.fast_routes.common import FastContext
from hello.interface.http.limits import address_of, limited, ratelimit_lines
from hello.interface.http.serving.fast_path import FastRequest
from hello.services.security import Caller
from tests.support.builders import StoppedClock
from tests.twins.security import TwinAccessTokens, TwinLimiter
from tests.unit.interface.http.serving.test_connection import OBSERVER

ADA = Caller(UUID(int=7), Role.USER)
ADDRESS, PROXY = "192.0.2.1", "198.51.100.7"
GROUP = "items"


class Door:
    """The fast path's access on twins, and what the application counts afterwards."""

    def __init__(self, quota: tuple[int, int] | None = (2, 60), proxies: tuple[str, ...] = ()) -> None:
        self.clock, self.limiter = StoppedClock(), TwinLimiter({GROUP: quota}, lambda: 0.0)
        self.tokens, self.proxies = TwinAccessTokens(self.clock), proxies
        self.use_cases: Any = SimpleNamespace(limiter=self.limiter, access_tokens=self.tokens)
        self.access = FastAccess(FastContext(lambda: self.use_cases, OBSERVER), proxies)

    def token(self) -> bytes:
        return b"Bearer " + self.tokens.issue(ADA).text.encode()

    @property
    def counted(self) -> dict[str, int]:
        return {key: len(hits) for (_, key), hits in self.limiter.counted.items()}

    async def apply_limit(self, request: FastRequest) -> None:
        """Do as the application does with what falls through."""
        app = SimpleNamespace(state=SimpleNamespace(use_cases=self.use_cases))
        await limited(GROUP)(Request(request.cycle.scope | {"app": app}))


def a_request(*headers: tuple[bytes, bytes], client: str | None = ADDRESS) -> FastRequest:
    scope: Scope = {
        "type": "http",
        "scheme": "http",
        "client": None if client is None else (client, 50_000),
        "headers": list(headers),
        "state": {},
    }
    connection: Any = None
    cycle: Any = SimpleNamespace(scope=scope)
    return FastRequest(connection, cycle, None, 0, "")


async def test_request_without_a_token_is_counted_by_its_address() -> None:
    door, request = Door(), a_request()
    admitted = door.access.anybody(request, GROUP)
    assert admitted
    assert (admitted.caller, door.counted) == (None, {ADDRESS: 1})
    await door.apply_limit(request)
    assert door.counted == {ADDRESS: 1}


async def test_request_with_a_token_is_counted_by_its_account() -> None:
    door = Door()
    for ask in (door.access.anybody, door.access.account):
        admitted = ask(a_request((b"authorization", door.token())), GROUP)
        assert admitted
        assert admitted.caller == ADA
    assert door.counted == {str(ADA.account_id): 2}


def test_lines_tell_of_the_limit() -> None:
    door = Door()
    admitted = door.access.anybody(a_request(), GROUP)
    assert admitted
    assert admitted.limits.startswith(b'ratelimit-policy: "items";q=2;w=60\r\nratelimit: "items";r=1;t=')
    status = Door().limiter.hit_nowait(GROUP, ADDRESS)
    assert status
    assert admitted.limits == ratelimit_lines(GROUP, status)


async def test_group_without_a_limit_has_no_lines() -> None:
    door, request = Door(None), a_request()
    admitted = door.access.anybody(request, GROUP)
    assert admitted
    assert admitted.limits == b""
    await door.apply_limit(request)
    assert door.counted == {}


async def test_exceeded_limit_is_refused_by_the_application_which_counts_nothing() -> None:
    door, requests = Door(), [a_request() for _ in range(3)]
    admitted = [door.access.anybody(request, GROUP) for request in requests]
    assert [one is not None for one in admitted] == [True, True, False]
    with pytest.raises(TooManyError):
        await door.apply_limit(requests[2])
    assert door.counted == {ADDRESS: 2}


async def test_request_that_falls_through_after_it_was_counted_is_counted_once() -> None:
    door = Door()
    request = a_request((b"authorization", door.token()))
    assert door.access.account(request, GROUP)
    await door.apply_limit(request)
    assert door.counted == {str(ADA.account_id): 1}


@pytest.mark.parametrize(
    "authorization",
    [b"", b"Bearer", b"Bearer ", b"Bearer x", b"bearer %b", b"BEARER %b", b"Bearer  %b", b"Basic %b"],
)
async def test_whom_any_other_authorization_stands_for_is_left_to_the_application(
    authorization: bytes,
) -> None:
    """It knows schemes in any case of letters, and must count the same one as here."""
    door = Door()
    token = door.token().removeprefix(b"Bearer ")
    value = authorization.replace(b"%b", token)
    for ask in (door.access.anybody, door.access.account):
        assert ask(a_request((b"authorization", value)), GROUP) is None
    assert door.counted == {}


@pytest.mark.parametrize("ask", ["anybody", "account"])
def test_expired_token_and_headers_that_come_twice_are_left_to_the_application(ask: str) -> None:
    door = Door()
    token = (b"authorization", door.token())
    assert getattr(door.access, ask)(a_request(token, token), GROUP) is None
    door.clock.move(timedelta(hours=1))
    assert getattr(door.access, ask)(a_request(token), GROUP) is None
    assert door.counted == {}


def test_account_is_needed_where_a_route_asks_for_one() -> None:
    door = Door()
    assert door.access.account(a_request(), GROUP) is None
    assert door.counted == {}


@pytest.mark.parametrize(
    "proxies", [(), (PROXY,), ("198.51.100.0/24", "10.0.0.1"), ("*",), ("2001:db8::/32",)]
)
@pytest.mark.parametrize("client", [ADDRESS, PROXY, "2001:db8::1", "::ffff:198.51.100.7", "", None])
async def test_address_beyond_proxies_is_the_one_that_the_application_sees(
    client: str | None, proxies: tuple[str, ...]
) -> None:
    for forwarded in FORWARDED:
        headers = [] if forwarded is None else [(b"x-forwarded-for", forwarded)]
        door, request = Door(proxies=proxies), a_request(*headers, client=client)
        assert door.access.anybody(request, GROUP)
        assert list(door.counted) == [await address_in_application(request, proxies)], forwarded


FORWARDED = [
    None,
    b"",
    b"203.0.113.9",
    b"203.0.113.9, 198.51.100.7",
    b"203.0.113.9,198.51.100.8 , 10.0.0.1",
    b"198.51.100.7",
    b"198.51.100.7, 198.51.100.8",
    b"2001:db9::5:1",
    b"nonsense, 10.0.0.1",
    b"203.0.113.9:1234",
    b"\xff",
    b",",
]


async def address_in_application(request: FastRequest, proxies: tuple[str, ...]) -> str:
    seen = list[str]()

    async def app(scope: Scope, _receive: Receive, _send: Send) -> None:
        seen.append(address_of(Request(scope)))

    wrapped: Any = behind_proxies(app, proxies)
    await wrapped(dict(request.cycle.scope), None, None)
    return seen[0]
