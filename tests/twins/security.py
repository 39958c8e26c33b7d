"""In-memory twins of the ports about who asks: quick where the real ones are slow on purpose."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from math import ceil
from time import monotonic
from typing import TypeAlias

from hello.core.clock import Clock
from hello.entities.errors import UnauthorizedError
from hello.services.security import AccessToken, Caller, LimitStatus, Verified

Quota: TypeAlias = tuple[int, int]
"""How many in how many seconds."""


@dataclass
class TwinPasswords:
    """`cost` stands for the parameters; `error` is what happens next; the lists are of what was asked."""

    cost: str = "cheap"
    error: Exception | None = None
    verified: list[tuple[str, str | None]] = field(default_factory=list)
    hashed: list[str] = field(default_factory=list)

    async def hash(self, password: str) -> str:
        if self.error:
            raise self.error
        self.hashed.append(password)
        return f"{self.cost}:{password[::-1]}"

    async def verify(self, password: str, stored: str | None) -> Verified:
        if self.error:
            raise self.error
        self.verified.append((password, stored))
        cost, _, reversed_password = (stored or "").partition(":")
        if stored is None or reversed_password != password[::-1]:
            return Verified(is_right=False)
        return Verified(is_right=True, is_outdated=cost != self.cost)


@dataclass
class TwinAccessTokens:
    """Remembers what it has issued, and until when that is valid."""

    now: Clock
    lifetime_s: int = 900
    issued: dict[str, tuple[Caller, datetime]] = field(default_factory=dict)

    def issue(self, caller: Caller) -> AccessToken:
        text = f"access-{len(self.issued)}"
        self.issued[text] = caller, self.now() + timedelta(seconds=self.lifetime_s)
        return AccessToken(text, self.lifetime_s)

    def read(self, text: str) -> Caller:
        if text not in self.issued or self.now() >= self.issued[text][1]:
            raise UnauthorizedError("the access token is not valid")
        return self.issued[text][0]

    def public_keys(self) -> Mapping[str, object]:
        return {"keys": []}


@dataclass
class TwinLimiter:
    """Remembers when each hit was; None is the quota of a group without a limit."""

    quotas: Mapping[str, Quota | None]
    seconds: Callable[[], float] = monotonic
    counted: dict[tuple[str, str], list[float]] = field(default_factory=dict)

    async def hit(self, group: str, key: str) -> LimitStatus | None:
        return self.hit_nowait(group, key)

    def hit_nowait(self, group: str, key: str) -> LimitStatus | None:
        if (quota := self.quotas[group]) is None:
            return None
        before = self._standing(quota, self.counted.get((group, key), []))
        if before.is_exceeded:
            return before
        self.counted.setdefault((group, key), []).append(self.seconds())
        return replace(before, remaining=before.remaining - 1)

    async def clear(self, group: str, key: str) -> None:
        if self.quotas[group]:
            self.counted.pop((group, key), None)

    def _standing(self, quota: Quota, hits: list[float]) -> LimitStatus:
        """Count those within the last window."""
        (amount, window_s), now = quota, self.seconds()
        recent = [at for at in hits if at > now - window_s]
        return LimitStatus(
            quota=amount,
            window_s=window_s,
            remaining=amount - len(recent),
            reset_s=ceil(window_s - (now - min(recent, default=now))),
            is_exceeded=len(recent) == amount,
        )
