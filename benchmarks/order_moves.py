"""How many moves a second workers make while many orders are due."""

import asyncio
from contextlib import ExitStack
from dataclasses import dataclass
from time import monotonic

from benchmarks.database import Database, connected
from benchmarks.errors import BenchError
from benchmarks.order_ground import UNPINNED, appear, cpu_s, empty, worker
from benchmarks.order_report import Row
from benchmarks.progress import say
from benchmarks.running import started

TARGET, MOVES_OF_AN_ORDER = 5000, 2
POLL_S, TOLD_EVERY_S, STALLED_S = 0.5, 10, 30
LEFT = "SELECT (SELECT coalesce(max(id), 0) FROM outbox), (SELECT min(due_at) IS NULL FROM orders)"
RIGHT = """
SELECT
    (SELECT count(*) FROM outbox) = $1
    AND (SELECT count(*) FROM order_history WHERE version > 1) = $1
    AND NOT EXISTS (SELECT FROM orders WHERE status <> 'SHIPPED' OR version <> 3)
"""
# A batch bears the time at which it began: what began last does not count, nor does the time that it took.
SPEED = """
SELECT status, count(*) FILTER (WHERE at < last), extract(epoch FROM last - first)::float8
FROM (
    SELECT status, at, min(at) OVER moves AS first, max(at) OVER moves AS last
    FROM order_history
    WHERE version > 1
    WINDOW moves AS ({window})
) AS moves
GROUP BY status, first, last
"""


@dataclass(frozen=True, slots=True)
class Speed:
    """Moves a second: all, and of each kind while that was made."""

    all: float
    kinds: dict[str, float]


def moves(database: Database, workers: int, orders: int) -> list[Row]:
    """Raise `BenchError` unless every order was confirmed and shipped, each once."""
    empty(database)
    with ExitStack() as stack:
        server = worker("progress", ORDER_SHIP_DELAY_S="0")
        running = [stack.enter_context(started(server, UNPINNED, database)) for _ in range(workers)]
        before = cpu_s(running)
        speed = asyncio.run(speed_of(database.database_url, orders))
        cpu_us = 1e6 * (cpu_s(running) - before) / (MOVES_OF_AN_ORDER * orders)
        for one in running:
            one.check_alive()
    kinds = ", ".join(f"{kind} {per_s:,.0f}/s" for kind, per_s in sorted(speed.kinds.items()))
    return [
        Row(
            what=f"moves, {workers} worker{'s' if workers > 1 else ''}",
            per_s=speed.all,
            target=f"≥ {TARGET:,}/s" if workers == 1 else "",
            is_met=speed.all >= TARGET if workers == 1 else None,
            remark=f"{kinds}, {cpu_us:,.0f} µs of the workers' CPU each",
        )
    ]


async def speed_of(url: str, orders: int) -> Speed:
    await appear(url, orders)
    await until_moved(url, MOVES_OF_AN_ORDER * orders)
    async with connected(url) as connection:
        if not await connection.fetchval(RIGHT, MOVES_OF_AN_ORDER * orders):
            raise BenchError("some orders have not been confirmed and shipped, once each")
        together = await connection.fetch(SPEED.format(window=""))
        apart = await connection.fetch(SPEED.format(window="PARTITION BY status"))
    counted = sum(count for _, count, _ in together)
    return Speed(counted / together[0][2], {kind: count / seconds for kind, count, seconds in apart})


async def until_moved(url: str, expected: int) -> None:
    """Raise `BenchError` when nothing moves any more though something is due."""
    moved, since, told = 0, monotonic(), monotonic()
    async with connected(url) as connection:
        while True:
            now_moved, is_done = await connection.fetchrow(LEFT)
            if is_done:
                return
            if now_moved > moved:
                moved, since = now_moved, monotonic()
            elif monotonic() > since + STALLED_S:
                raise BenchError(f"nothing moves any more after {moved:,} of {expected:,} moves")
            if monotonic() > told + TOLD_EVERY_S:
                told = monotonic()
                say(f"{moved:,} of {expected:,} moves")
            await asyncio.sleep(POLL_S)
