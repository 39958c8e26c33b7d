"""The course of a chaos test: orders are placed while everything is killed; then all must come right."""

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
from tests.chaos.awaiting import until, until_finished, until_up
from tests.chaos.judging import judge
from tests.chaos.killing import Killer
from tests.chaos.shopping import Customer, Placed, open_customer
from tests.chaos.watching import Watcher
from tests.chaos.wholesale import Wholesale, open_wholesale
from tests.chaos.world import World

SEED = int(os.environ.get("CHAOS_SEED", randbelow(1_000_000)))
RAGE_S = 180
AT_ONCE, MANY, EVERY = 16, 35, 5
EACH = 1 + MANY // EVERY
STOPPED_S, BETWEEN_S, TAKEN_OVER_S = float(os.environ.get("CHAOS_STOPPED_S", "25")), 1, 15
"""Longer than the lock of a consumer (20 s) and the claim of a shard (8 s) last."""
STOPPED = ("api", "worker-0", "worker-1", "relay-0")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ordeal:
    world: World
    watcher: Watcher
    hands: Executor
    orders: int
    strikes: int

    async def survive(self) -> None:
        """Print what is needed to have it again."""
        say(f"CHAOS_SEED={SEED}")
        await self.watcher.begin()
        await until_up(self.world.api_url)
        placed = await self._shaken()
        await until_finished(self.world.database_url, self.watcher)
        for victim in self.world.victims:
            victim.assert_alive()
        await judge(placed, self.world.database_url, self.watcher)
        self.world.stop()

    async def _shaken(self) -> Sequence[Placed]:
        async with (
            asyncio.timeout(RAGE_S),
            open_customer(self.world.api_url) as customer,
            open_wholesale(self.world.database_url, customer) as wholesale,
            asyncio.TaskGroup() as group,
        ):
            visit = partial(visited, customer, wholesale)
            placing = group.create_task(gather_bounded(AT_ONCE, visit, range(self.orders // EACH)))
            say(f"struck {dict(await self._strike(placing))}")
        return list(chain.from_iterable(placing.result()))

    async def _strike(self, placing: asyncio.Future[Any]) -> Counter[str]:
        killer = Killer(self.world.victims, Random(SEED), self.hands)  # noqa: S311  # repeatable
        return await killer.rage(self.strikes, placing)


class Stopping(Ordeal):
    """Instead of kills: some processes are stopped for longer than their locks last, and then go on.

    One worker and one relay are never stopped, so that others have the locks when the stopped ones wake up.
    """

    async def _strike(self, _: asyncio.Future[Any]) -> Counter[str]:
        await asyncio.sleep(BETWEEN_S)
        with ExitStack() as stack:
            for name in STOPPED:
                stack.enter_context(self.world.processes[name].stopped())
            await asyncio.sleep(STOPPED_S)
            await until(self.watcher.unconfirmed, wanted=0, patience_s=TAKEN_OVER_S)
        return Counter(STOPPED)


async def visited(customer: Customer, wholesale: Wholesale, number: int) -> Sequence[Placed]:
    """Place one order by itself, and now and then many together."""
    many = await wholesale.place(MANY) if number % EVERY == 0 else []
    return [await customer.place(number), *many]


def say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
