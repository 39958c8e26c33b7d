"""Random kills: every half a second one program dies as by `kill -9`, and is started again."""

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
    """It stays down for up to `down_s`."""

    name: str
    program: Killable
    down_s: float = 0

    def kill_and_restart(self, down_s: float) -> None:
        self.assert_alive()
        self.program.kill()
        time.sleep(down_s)
        self.program.start()

    def assert_alive(self) -> None:
        assert self.program.pid is not None, f"{self.name} has ended by itself"


@dataclass(frozen=True, slots=True)
class RandomKills:
    """`executor` is one thread that outlives them: on Linux a process ends with its starting thread."""

    targets: Sequence[Target]
    random: Random
    executor: Executor

    async def run(self, kills: int, work: asyncio.Future[Any]) -> Counter[str]:
        """Kill so often, and until the work is done; return how often each target was killed."""
        killed: Counter[str] = Counter()
        for target in self._rounds():
            if work.done() and killed.total() >= kills:
                break
            await asyncio.sleep(PAUSE_S)
            down_s = self.random.uniform(0, target.down_s)
            await asyncio.get_running_loop().run_in_executor(self.executor, target.kill_and_restart, down_s)
            killed[target.name] += 1
        return killed

    def _rounds(self) -> Iterator[Target]:
        """Kill each target once before any is killed again."""
        while True:
            yield from self.random.sample(self.targets, len(self.targets))
