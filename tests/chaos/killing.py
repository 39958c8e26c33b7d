"""Kills at random: every half a second somebody dies as by `kill -9`, and is started again."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from random import Random
from typing import Any, Protocol

from hello.connectors.embedded.server import Server

PAUSE_S = 0.5


class Mortal(Protocol):
    @property
    def pid(self) -> int | None:
        """`None` when it is not running."""
        ...

    def kill(self) -> None: ...

    def start(self) -> None: ...


@dataclass(frozen=True, slots=True)
class MortalServer:
    """A server from a wheel; its data, its socket and its password stay."""

    server: Server

    @property
    def pid(self) -> int | None:
        return self.server.pid

    def kill(self) -> None:
        """Leave its children to notice, as `kill -9` does."""
        if self.server.child is not None:
            self.server.child.kill()
            self.server.child.wait()

    def start(self) -> None:
        self.server.start()


@dataclass(frozen=True, slots=True)
class Victim:
    """It stays away for up to `away_s`."""

    name: str
    mortal: Mortal
    away_s: float = 0

    def strike(self, away_s: float) -> None:
        self.assert_alive()
        self.mortal.kill()
        time.sleep(away_s)
        self.mortal.start()

    def assert_alive(self) -> None:
        assert self.mortal.pid is not None, f"{self.name} has ended by itself"


@dataclass(frozen=True, slots=True)
class Killer:
    """`hands` is one thread that outlives all: on Linux a process ends with the thread that started it."""

    victims: Sequence[Victim]
    random: Random
    hands: Executor

    async def rage(self, strikes: int, work: asyncio.Future[Any]) -> Counter[str]:
        """Strike so often, and until the work is done; return how often each was struck."""
        struck: Counter[str] = Counter()
        for victim in self._turns():
            if work.done() and struck.total() >= strikes:
                break
            await asyncio.sleep(PAUSE_S)
            away_s = self.random.uniform(0, victim.away_s)
            await asyncio.get_running_loop().run_in_executor(self.hands, victim.strike, away_s)
            struck[victim.name] += 1
        return struck

    def _turns(self) -> Iterator[Victim]:
        """Let each have its turn before anybody has another one."""
        while True:
            yield from self.random.sample(self.victims, len(self.victims))
