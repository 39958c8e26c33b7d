"""A chaos run: orders are placed while programs are killed; afterwards everything must be consistent."""

import asyncio
import os
import sys
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import Executor
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from itertools import chain
from random import Random
from secrets import randbelow
from typing import Any

from hello.core.concurrency import gather_bounded
from tests.chaos.bulk_orders import BulkOrders, open_bulk_orders
from tests.chaos.consistency import assert_consistent
from tests.chaos.customers import Customer, PlacedOrder, open_customer
from tests.chaos.random_kills import RandomKills
from tests.chaos.system import System
from tests.chaos.waiting import until, until_finished, until_up
from tests.chaos.watcher import Watcher

SEED = int(os.environ.get("CHAOS_SEED", randbelow(1_000_000)))
RUN_S = 180
AT_ONCE, MANY, EVERY = 16, 35, 5
EACH = 1 + MANY // EVERY
STOPPED_S, BETWEEN_S, TAKEN_OVER_S = float(os.environ.get("CHAOS_STOPPED_S", "25")), 1, 15
"""Longer than the lock of a consumer (20 s) and the claim of a shard (8 s) last."""
STOPPED = ("api", "worker-0", "worker-1", "relay-0")


@dataclass(frozen=True, slots=True, kw_only=True)
class ChaosRun:
    system: System
    watcher: Watcher
    executor: Executor
    orders: int
    kills: int

    async def run(self) -> None:
        """Print what is needed to have it again."""
        say(f"CHAOS_SEED={SEED}")
        await self.watcher.begin()
        await until_up(self.system.api_url)
        placed = await self._place_orders()
        await until_finished(self.system.database_url, self.watcher)
        for target in self.system.targets:
            target.assert_alive()
        await assert_consistent(placed, self.system.database_url, self.watcher)
        self.system.stop()

    async def _place_orders(self) -> Sequence[PlacedOrder]:
        async with (
            asyncio.timeout(RUN_S),
            open_customer(self.system.api_url) as customer,
            open_bulk_orders(self.system.database_url, customer) as bulk_orders,
            asyncio.TaskGroup() as group,
        ):
            visit = partial(visit_shop, customer, bulk_orders)
            placing = group.create_task(gather_bounded(AT_ONCE, visit, range(self.orders // EACH)))
            say(f"disturbed {dict(await self._disturb(placing))}")
        return list(chain.from_iterable(placing.result()))

    async def _disturb(self, placing: asyncio.Future[Any]) -> Counter[str]:
        kills = RandomKills(self.system.targets, Random(SEED), self.executor)  # noqa: S311  # repeatable
        return await kills.run(self.kills, placing)


class PauseRun(ChaosRun):
    """Instead of kills: some processes are stopped for longer than their locks last, and then go on.

    One worker and one relay are never stopped, so that others have the locks when the stopped ones wake up.
    """

    async def _disturb(self, _: asyncio.Future[Any]) -> Counter[str]:
        await asyncio.sleep(BETWEEN_S)
        with ExitStack() as stack:
            for name in STOPPED:
                stack.enter_context(self.system.processes[name].stopped())
            await asyncio.sleep(STOPPED_S)
            await until(self.watcher.unconfirmed, wanted=0, patience_s=TAKEN_OVER_S)
        return Counter(STOPPED)


async def visit_shop(customer: Customer, bulk_orders: BulkOrders, number: int) -> Sequence[PlacedOrder]:
    """Place one order by itself, and now and then many together."""
    many = await bulk_orders.place(MANY) if number % EVERY == 0 else []
    return [await customer.place(number), *many]


def say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
