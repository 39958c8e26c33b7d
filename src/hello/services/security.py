"""Who asks, what proves it, and how often one may ask."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from hello.entities.accounts import Role

__all__ = ["Role"]


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody whose access token is valid until `expires_at`, in Unix time.

    Two tokens of one account are the same caller.
    """

    account_id: UUID
    role: Role
    session_id: UUID | None = field(default=None, compare=False)
    expires_at: float | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class AccessToken:
    """`expires_in_s` in seconds from now on."""

    text: str
    expires_in_s: int


class AccessTokens(Protocol):
    """Short-lived proofs of who somebody is, verified without the database."""

    def issue(self, caller: Caller) -> AccessToken: ...

    def read(self, text: str) -> Caller:
        """Raise `UnauthorizedError` unless we have issued it and it is valid now."""
        ...

    def public_keys(self) -> Mapping[str, object]:
        """Return the JWK Set (RFC 7517) by which others can verify them."""
        ...


@dataclass(frozen=True, slots=True)
class Verified:
    """`is_outdated`, for a right password only: the hash was made with other parameters than today's."""

    is_right: bool
    is_outdated: bool = False


class Passwords(Protocol):
    """Slow on purpose, so that a stolen hash is of little use."""

    async def hash(self, password: str) -> str:
        """Raise `BusyError` when too many wait already."""
        ...

    async def verify(self, password: str, stored: str | None) -> Verified:
        """Take the same time when nothing is stored; raise `BusyError` when too many wait already."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitStatus:
    """How one stands with a limit: `quota` requests in `window_s` seconds, and when the window ends."""

    quota: int
    window_s: int
    remaining: int
    reset_s: int
    is_exceeded: bool


class Limiter(Protocol):
    """Counts what somebody does in a group of actions; `key` says who.

    The two ways of counting have counts of their own, so a key of a group is counted in one of them.
    """

    async def hit(self, group: str, key: str) -> LimitStatus | None:
        """Count one more, unless the quota is used up; None when the group has no limit."""
        ...

    def hit_nowait(self, group: str, key: str) -> LimitStatus | None:
        """Count one more as `hit` does, but at once, with what is known of the hits of other processes.

        Several processes together may admit a little more than the quota.
        """
        ...

    async def clear(self, group: str, key: str) -> None:
        """Forget what `hit` counted."""
        ...
