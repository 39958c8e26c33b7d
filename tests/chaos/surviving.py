"""The course of a chaos test: orders are placed while everything is killed; then all must come right."""

import asyncio
import os
import sys
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from itertools import chain
from random import Random
from secrets import randbelow

from hello.core.lanes import at_most
from tests.chaos.awaiting import until_finished, until_up
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
        killer = Killer(self.world.victims, Random(SEED), self.hands)  # noqa: S311  # repeatable
        async with (
            asyncio.timeout(RAGE_S),
            open_customer(self.world.api_url) as customer,
            open_wholesale(self.world.database_url, customer) as wholesale,
            asyncio.TaskGroup() as group,
        ):
            visit = partial(visited, customer, wholesale)
            placing = group.create_task(at_most(AT_ONCE, visit, range(self.orders // EACH)))
            struck = await killer.rage(self.strikes, placing)
        say(f"killed {dict(struck)}")
        return list(chain.from_iterable(placing.result()))


async def visited(customer: Customer, wholesale: Wholesale, number: int) -> Sequence[Placed]:
    """Place one order by itself, and now and then many together."""
    many = await wholesale.place(MANY) if number % EVERY == 0 else []
    return [await customer.place(number), *many]


def say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
