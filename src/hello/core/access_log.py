"""One log line per request, written in batches: single writes would cost a third of the throughput."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from random import random
from time import gmtime, strftime
from typing import TypeAlias

import orjson

FLUSH_S, FLUSH_LINES = 0.1, 4096
Add: TypeAlias = Callable[[bytes, float, float, str], None]


@dataclass(slots=True, kw_only=True)
class AccessLog:
    """Buffers finished lines for `write`; a killed process loses those of its last tenth of a second.

    `sample` is the share of lines that `sampled` adds.
    """

    write: Callable[[bytes], object]
    as_json: bool
    enabled: bool
    sample: float = 1
    random: Callable[[], float] = random
    _lines: list[bytes] = field(default_factory=list)
    _timer: asyncio.TimerHandle | None = None

    def template(self, method: str, route: str, status: int) -> bytes:
        """Return the constant part of the line for this method, route and status, for `add`."""
        return (json_line if self.as_json else text_line)(method, route, status)

    def add(self, template: bytes, at: float, seconds: float, request_id: str) -> None:
        """Log a request that started `at` (seconds since 1970) and took `seconds`."""
        if not self.enabled:
            return
        second = int(at)
        values = timestamp(second), 1000 * (at - second), 1000 * seconds, request_id.encode()
        self._lines.append(template % values)
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(FLUSH_S, self.flush)
        elif len(self._lines) >= FLUSH_LINES:
            self.flush()

    def with_trace(self, request_id: str, trace_id: str) -> str:
        """Return the id for `add`, with the trace after it: lines without a trace need no test for one."""
        between = '","trace_id":"' if self.as_json else " trace_id="
        return f"{request_id}{between}{trace_id}"

    def sampled(self) -> Add:
        """Return `add`, or what adds the wanted share of lines."""
        return self.add if self.sample == 1 else self._add_sampled

    def _add_sampled(self, template: bytes, at: float, seconds: float, request_id: str) -> None:
        if self.random() < self.sample:
            self.add(template, at, seconds, request_id)

    def flush(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        lines, self._lines = self._lines, []
        if lines:
            self.write(b"".join(lines))


@lru_cache(maxsize=1000)
def json_line(method: str, route: str, status: int) -> bytes:
    fields = {"level": "info", "logger": "hello.http", "event": "request"}
    constant = orjson.dumps(fields | {"method": method, "route": route, "status": status})[1:-1]
    return b'{"timestamp":"%%b.%%03dZ",%b,"duration_ms":%%.3f,"request_id":"%%b"}\n' % escaped(constant)


@lru_cache(maxsize=1000)
def text_line(method: str, route: str, status: int) -> bytes:
    constant = f"{method} {route} {status}".encode()
    return b"%%b.%%03dZ [info     ] %b %%.1f ms request_id=%%b\n" % escaped(constant)


def escaped(text: bytes) -> bytes:
    return text.replace(b"%", b"%%")


@lru_cache(maxsize=2)
def timestamp(second: int) -> bytes:
    """Return the RFC 3339 time in UTC, without the zone."""
    return strftime("%Y-%m-%dT%H:%M:%S", gmtime(second)).encode()
