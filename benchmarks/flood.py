"""Open-loop load: requests go out at a steady rate, however late the answers are.

`python -m benchmarks.flood` reads a `Plan` as JSON from its standard input and prints a `Result` as JSON.
"""

import asyncio
import json
import random
import sys
from collections import deque
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from time import perf_counter

import uvloop

from benchmarks.listeners import HOST

TICK_S, DRAIN_S, ACCEPT_S = 0.002, 3, 1
REFUSED = b"HTTP/1.1 503"
CARRIED = len(REFUSED) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """`requests` are whole, as text; one that finds every connection waiting for an answer is not sent."""

    port: int
    rate: float
    seconds: float
    connections: int
    good: int
    requests: Sequence[str]


@dataclass(slots=True, kw_only=True)
class Result:
    """Counts of requests; `times` are the answers of accepted ones by whole milliseconds."""

    seconds: float = 0
    sent: int = 0
    unsent: int = 0
    accepted: int = 0
    refused: int = 0
    lost: int = 0
    times: dict[int, int] = field(default_factory=dict)


class Flood:
    def __init__(self, plan: Plan) -> None:
        self.plan, self.result = plan, Result()
        self.idle: deque[Client] = deque()
        self.good = b"HTTP/1.1 %d" % plan.good
        self.requests = [request.encode() for request in plan.requests]

    async def run(self) -> Result:
        loop, plan = asyncio.get_running_loop(), self.plan
        for _ in range(plan.connections):
            await loop.create_connection(lambda: Client(self), HOST, plan.port)
        await asyncio.sleep(ACCEPT_S)
        start = perf_counter()
        offered = 0
        while (passed := perf_counter() - start) < plan.seconds:
            due = int(passed * plan.rate)
            self._offer(due - offered)
            offered = due
            await asyncio.sleep(TICK_S)
        self.result.seconds = perf_counter() - start
        await self._drain()
        return self.result

    def _offer(self, requests: int) -> None:
        """Use all connections in turn: the server closes one that is idle for seconds."""
        sent = min(requests, len(self.idle))
        for request in random.choices(self.requests, k=sent):  # noqa: S311  # keeps no secret
            self.idle.popleft().send(request)
        self.result.sent += sent
        self.result.unsent += requests - sent

    async def _drain(self) -> None:
        """Wait for what was sent; what has no answer by then is lost."""
        for _ in range(round(DRAIN_S / TICK_S)):
            if len(self.idle) < self.plan.connections:
                await asyncio.sleep(TICK_S)
        self.result.lost = self.result.sent - self.result.accepted - self.result.refused


class Client(asyncio.Protocol):
    """One connection."""

    def __init__(self, flood: Flood) -> None:
        self.flood, self.rest, self.sent_at = flood, b"", 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self.transport = transport
        self.flood.idle.append(self)

    def send(self, request: bytes) -> None:
        self.sent_at = perf_counter()
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        """Know an answer by its status line, which may come in two parts."""
        text, result = self.rest + data, self.flood.result
        self.rest = text[-CARRIED:]
        if self.flood.good in text:
            took_ms = int(1000 * (perf_counter() - self.sent_at))
            result.times[took_ms] = result.times.get(took_ms, 0) + 1
            result.accepted += 1
        elif REFUSED in text:
            result.refused += 1
        else:
            return
        self.rest = b""
        self.flood.idle.append(self)


def main() -> None:
    plan = Plan(**json.load(sys.stdin))
    result = uvloop.run(Flood(plan).run())
    json.dump(asdict(result), sys.stdout)


if __name__ == "__main__":
    main()
