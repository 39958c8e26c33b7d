"""Who asks, and how often: on the fast path as the application has it."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from uvicorn.middleware.proxy_headers import _TrustedHosts

from hello.entities.errors import UnauthorizedError
from hello.interface.http.fast_routes.common import FastContext
from hello.interface.http.limits import COUNTED, UNKNOWN, address_from, ratelimit_lines
from hello.interface.http.serving.fast_path import FastRequest
from hello.services.security import Caller

AUTHORIZATION, BEARER, FORWARDED = b"authorization", b"Bearer ", b"x-forwarded-for"
Headers = Mapping[bytes, bytes]


class Admitted(NamedTuple):
    """A request within its limit; `limits` are the lines of headers that tell of it."""

    headers: Headers
    caller: Caller | None
    limits: bytes


class CallerAdmitted(NamedTuple):
    """The same with a valid token."""

    headers: Headers
    caller: Caller
    limits: bytes


class FastAccess:
    """Believes what `proxies` say of their clients."""

    def __init__(self, context: FastContext, proxies: Sequence[str]) -> None:
        self._context = context
        self._trusted = _TrustedHosts(list(proxies)) if proxies else None
        self._key_of_address = lru_cache(maxsize=10_000)(address_from)

    def anybody(self, request: FastRequest, group: str) -> Admitted | None:
        """Count the request; return None for one that the application has to look at, or refuse.

        It knows more ways to write a token than this, and counts the request for the token's account.
        """
        if (headers := request.headers()) is None:
            return None
        caller = self._caller(headers)
        if caller is None and AUTHORIZATION in headers:
            return None
        key = str(caller.account_id) if caller else self._key_of_address(self._host(request, headers))
        limits = self._counted(request, group, key)
        return None if limits is None else Admitted(headers, caller, limits)

    def account(self, request: FastRequest, group: str) -> CallerAdmitted | None:
        """Return None also for a request without a valid token, and do not count it."""
        headers = request.headers()
        if headers is None or (caller := self._caller(headers)) is None:
            return None
        limits = self._counted(request, group, str(caller.account_id))
        return None if limits is None else CallerAdmitted(headers, caller, limits)

    def _caller(self, headers: Headers) -> Caller | None:
        authorization = headers.get(AUTHORIZATION, b"")
        if not authorization.startswith(BEARER):
            return None
        try:
            return self._context.use_cases.access_tokens.read(authorization[len(BEARER) :].decode("latin-1"))
        except UnauthorizedError:
            return None

    def _counted(self, request: FastRequest, group: str, key: str) -> bytes | None:
        """Leave the status to the application, which must not count the request a second time."""
        status = self._context.use_cases.limiter.hit_nowait(group, key)
        if status is None:
            return b""
        request.cycle.scope["state"][COUNTED] = status
        return None if status.is_exceeded else ratelimit_lines(group, status)

    def _host(self, request: FastRequest, headers: Headers) -> str:
        client = request.cycle.scope["client"]
        host: str = client[0] if client else UNKNOWN
        forwarded = headers.get(FORWARDED)
        if self._trusted is None or forwarded is None or host not in self._trusted:
            return host
        return self._trusted.get_trusted_client_address(forwarded.decode("latin-1"))[0] or host
