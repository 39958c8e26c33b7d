"""How often a route may be used: whom it counts, and what it tells them.

The headers are those of draft-ietf-httpapi-ratelimit-headers-11 (May 2026), two lists of structured fields.
"""

from collections.abc import Awaitable, Callable
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import TypeAlias

from fastapi import Request
from fastapi.security.utils import get_authorization_scheme_param

from hello.entities.errors import TooManyError, UnauthorizedError
from hello.interface.http.security import read_caller
from hello.services.security import Caller, Limiter, LimitStatus

UNKNOWN = "unknown"
COUNTED = "counted"
"""Where the state of a request has what the fast path has counted."""
NETWORK_BITS = 64
Limit: TypeAlias = Callable[[Request], Awaitable[None]]


def limited(group: str, *, by_address: bool = False) -> Limit:
    """Return a dependency that counts a request of an account, else of an address; `group` is ASCII.

    It raises `TooManyError` when the quota is used up. A token that is not valid counts for the address; the
    route itself refuses it. With `by_address`, all processes together count exactly.
    """

    async def limit(request: Request) -> None:
        limiter: Limiter = request.app.state.use_cases.limiter
        if by_address:
            status = await limiter.hit(group, address_of(request))
        else:
            status = counted(request) or limiter.hit_nowait(group, key_of(request))
        if status:
            add_headers(request, ratelimit_headers(group, status))
            refuse_exceeded(status)

    return limit


def counted(request: Request) -> LimitStatus | None:
    """Return what the fast path has counted already."""
    status: LimitStatus | None = request.scope.get("state", {}).pop(COUNTED, None)
    return status


def key_of(request: Request) -> str:
    caller = known_caller(request)
    return str(caller.account_id) if caller else address_of(request)


def known_caller(request: Request) -> Caller | None:
    scheme, token = get_authorization_scheme_param(request.headers.get("Authorization"))
    if scheme.lower() != "bearer" or not token:
        return None
    try:
        return read_caller(request, token)
    except UnauthorizedError:
        return None


def address_of(request: Request) -> str:
    """Return the IPv4 address, or the /64 network of an IPv6 one: a client usually has all of it."""
    return address_from(request.client.host if request.client else UNKNOWN)


def address_from(host: str) -> str:
    """Return the same of a host as a socket or a proxy names it."""
    try:
        address = ip_address(host)
    except ValueError:
        return UNKNOWN
    return network_of(address) if isinstance(address, IPv6Address) else str(address)


def network_of(address: IPv6Address) -> str:
    """Take an IPv4 address out of the IPv6 one that a listener for both shows it as."""
    mapped: IPv4Address | None = address.ipv4_mapped
    return str(mapped or IPv6Network((int(address), NETWORK_BITS), strict=False))


def ratelimit_headers(group: str, standing: LimitStatus) -> dict[str, str]:
    """Say `q` requests in `w` seconds; `r` of them remain, and in `t` seconds there will be more."""
    return {
        "RateLimit-Policy": f'"{group}";q={standing.quota};w={standing.window_s}',
        "RateLimit": f'"{group}";r={standing.remaining};t={standing.reset_s}',
    }


@lru_cache
def policy_line(group: str, quota: int, window_s: int) -> bytes:
    return f'ratelimit-policy: "{group}";q={quota};w={window_s}\r\n'.encode()


def ratelimit_lines(group: str, status: LimitStatus) -> bytes:
    """Return `ratelimit_headers` as lines of an HTTP/1.1 head."""
    policy = policy_line(group, status.quota, status.window_s)
    return b'%bratelimit: "%b";r=%d;t=%d\r\n' % (policy, group.encode(), status.remaining, status.reset_s)


def add_headers(request: Request, headers: dict[str, str]) -> None:
    """Add headers to every response to this request; a second limit extends the lists."""
    remembered: dict[str, str] = request.scope.setdefault("state", {}).setdefault("headers", {})
    for name, value in headers.items():
        remembered[name] = f"{remembered[name]}, {value}" if name in remembered else value


def refuse_exceeded(standing: LimitStatus) -> None:
    if standing.is_exceeded:
        wait_s = max(1, standing.reset_s)
        message = f"too many requests: {standing.quota} in {standing.window_s} s are allowed"
        raise TooManyError(message, retry_after_s=wait_s)
