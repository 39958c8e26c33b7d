"""A demonstration load, steady and modest: `python -m tests.monitoring.demonstration --url http://...`.

ADMIN_TOKEN is the service's own, for imports and the audit trail. With DATABASE_URL, one event is written
that becomes a dead letter, since no consumer can handle it.
"""

import argparse
import asyncio
import itertools
import os
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from random import Random
from secrets import token_hex

import asyncpg
import httpx

from tests.monitoring.visitor import Visitor

RATE, SECONDS, AT_ONCE, PATIENCE_S, SEED = 25, 60, 32, 10, 15
QUIET: Mapping[str, int] = {
    "greet": 24,
    "save": 10,
    "greet_elsewhere": 4,
    "forget": 1,
    "see_today": 6,
    "see_upcoming": 3,
    "subscribe": 1,
    "log_in": 1,
    "see_account": 2,
    "offer": 2,
    "reprice": 2,
    "browse": 4,
    "look": 4,
    "search": 5,
    "suggest": 3,
    "order": 4,
    "see_orders": 2,
    "cancel": 1,
    "follow": 1,
    "bring": 1,
    "audit": 1,
    "get_lost": 1,
    "mumble": 1,
    "check": 1,
}
"""How often each action is in a round; none of them is worth an alert."""
EVERYTHING = {**QUIET, "register": 1, "mistype": 1, "crowd": 1}
BROKEN_EVENT = """
    INSERT INTO outbox (shard, event_id, type, subject, time, data)
    VALUES (0, $1, 'order.shipped', $1, now(), '{}')
"""
Outcome = tuple[str, int | str]


async def demonstrate(
    visitor: Visitor, actions: Mapping[str, int], seconds: float, rate: float
) -> Counter[Outcome]:
    """Start `rate` actions a second, at most some at once, and no more after a delay to catch up.

    Return how often each ended how.
    """
    outcomes: Counter[Outcome] = Counter()
    loop, free = asyncio.get_running_loop(), asyncio.Semaphore(AT_ONCE)
    end = loop.time() + seconds
    async with asyncio.TaskGroup() as group:
        for name in shuffled(actions, visitor.random):
            due = loop.time() + 1 / rate
            await free.acquire()
            if loop.time() > end:
                break
            acting = group.create_task(act(visitor, name, outcomes))
            acting.add_done_callback(lambda _: free.release())
            await asyncio.sleep(max(0, due - loop.time()))
    return outcomes


def shuffled(actions: Mapping[str, int], random: Random) -> "itertools.chain[str]":
    """Return names without end: every round has each action as often as it says."""
    names = [name for name, times in actions.items() for _ in range(times)]
    return itertools.chain.from_iterable(random.sample(names, len(names)) for _ in itertools.count())


async def act(visitor: Visitor, name: str, outcomes: Counter[Outcome]) -> None:
    """Count faults like answers: the service may be broken meanwhile."""
    try:
        async with asyncio.timeout(PATIENCE_S):
            answer: httpx.Response = await getattr(visitor, name)()
        outcomes[name, answer.status_code] += 1
    except (httpx.HTTPError, TimeoutError) as error:
        outcomes[name, type(error).__name__] += 1


async def write_broken_event(database_url: str) -> None:
    """Write a shipped order without a recipient, as no version of the service would."""
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute(BROKEN_EVENT, f"broken-{token_hex(6)}")
    finally:
        await connection.close()


async def run(options: argparse.Namespace) -> None:
    actions = QUIET if options.quiet else EVERYTHING
    if database_url := os.environ.get("DATABASE_URL"):
        await write_broken_event(database_url)
    limits = httpx.Limits(max_connections=AT_ONCE)
    async with httpx.AsyncClient(base_url=options.url, timeout=PATIENCE_S, limits=limits) as client:
        random = Random(SEED)  # noqa: S311  # no secret
        visitor = Visitor(client=client, random=random, admin_token=os.environ.get("ADMIN_TOKEN", ""))
        await visitor.sign_up()
        say_begun()
        outcomes = await demonstrate(visitor, actions, options.seconds, options.rate)
    for (name, outcome), times in sorted(outcomes.items(), key=str):
        sys.stdout.write(f"{name:16} {outcome!s:20} {times:6}\n")


def say_begun() -> None:
    """Callers wait for this line."""
    sys.stdout.write("The load begins.\n")
    sys.stdout.flush()


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.monitoring.demonstration", description=__doc__)
    parser.add_argument("--url", default="http://127.0.0.1:8000", help="where the API is")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="how long")
    parser.add_argument("--rate", type=float, default=RATE, help="actions a second")
    parser.add_argument("--quiet", action="store_true", help="nothing that should raise an alert")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        asyncio.run(run(parse()))
