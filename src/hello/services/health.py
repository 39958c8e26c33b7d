"""Whether the service can do its work, and what of it is missing."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from hello.core.shutdown import ShutdownSignal
from hello.entities.errors import UnavailableError


class Probe(Protocol):
    """One thing the service depends on, and how to find out whether it is there."""

    @property
    def name(self) -> str: ...
    @property
    def required(self) -> bool:
        """Say whether the service is of no use without it."""
        ...

    async def check(self) -> str | None:
        """Raise `UnavailableError` if it cannot be used; return what an operator should know otherwise."""
        ...


class Readiness(StrEnum):
    READY = "ready"
    DEGRADED = "degraded"
    UNREADY = "unready"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    name: str
    required: bool
    up: bool
    latency_ms: float
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    status: Readiness
    checks: Sequence[Check]


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthService:
    """`draining` is set before the listener closes."""

    probes: Sequence[Probe]
    shutdown: ShutdownSignal
    timer: Callable[[], float]
    timeout_s: float

    async def ready(self) -> Health:
        """Ask everything at once; what does not answer in time is down."""
        checks = await asyncio.gather(*map(self._check, self.probes))
        return Health(status=self._status(checks), checks=checks)

    def _status(self, checks: Sequence[Check]) -> Readiness:
        if self.shutdown.is_set or any(check.required and not check.up for check in checks):
            return Readiness.UNREADY
        return Readiness.READY if all(check.up for check in checks) else Readiness.DEGRADED

    async def _check(self, probe: Probe) -> Check:
        start = self.timer()
        up, reason = await self._state(probe)
        latency_ms = round((self.timer() - start) * 1000, 3)
        return Check(
            name=probe.name,
            required=probe.required,
            up=up,
            latency_ms=latency_ms,
            reason=reason,
        )

    async def _state(self, probe: Probe) -> tuple[bool, str | None]:
        try:
            async with asyncio.timeout(self.timeout_s):
                return True, await probe.check()
        except TimeoutError:
            return False, "no answer in time"
        except UnavailableError as error:
            return False, error.reason or str(error)
