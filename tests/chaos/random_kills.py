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


class Killable(Protocol):
    @property
    def pid(self) -> int | None:
        """`None` when it is not running."""
        ...

    def kill(self) -> None: ...

    def start(self) -> None: ...


@dataclass(frozen=True, slots=True)
class KillableServer:
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
class Target:
    """It stays away for up to `down_s`."""

    name: str
    program: Killable
    down_s: float = 0

    def strike(self, down_s: float) -> None:
        self.assert_alive()
        self.program.kill()
        time.sleep(down_s)
        self.program.start()

    def assert_alive(self) -> None:
        assert self.program.pid is not None, f"{self.name} has ended by itself"


@dataclass(frozen=True, slots=True)
class RandomKills:
    """`executor` is one thread that outlives all: on Linux a process ends with the thread that started it."""

    targets: Sequence[Target]
    random: Random
    executor: Executor

    async def run(self, kills: int, work: asyncio.Future[Any]) -> Counter[str]:
        """Strike so often, and until the work is done; return how often each was struck."""
        struck: Counter[str] = Counter()
        for target in self._rounds():
            if work.done() and struck.total() >= kills:
                break
            await asyncio.sleep(PAUSE_S)
            down_s = self.random.uniform(0, target.down_s)
            await asyncio.get_running_loop().run_in_executor(self.executor, target.strike, down_s)
            struck[target.name] += 1
        return struck

    def _rounds(self) -> Iterator[Target]:
        """Let each have its turn before anybody has another one."""
        while True:
            yield from self.random.sample(self.targets, len(self.targets))
