"""One run of the load generator against one server."""

import json
import math
import random
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from benchmarks.commands import Words, path_of, run
from benchmarks.errors import BenchError
from benchmarks.listeners import HOST
from benchmarks.names import COUNT
from benchmarks.places import HERE

SCRIPT = HERE / "load.lua"
TIMEOUT_S, GRACE_S, SEEDS = 10, 30, 2**31
ERRORS = ("error_status", "connect", "read", "write", "timeout")
FAIR = 0.9


class Scenario(StrEnum):
    GET = "get"
    PUT = "put"
    MIX = "mix"
    TODAY = "today"

    @property
    def puts_of_100(self) -> int:
        return {Scenario.PUT: 100, Scenario.MIX: 10}.get(self, 0)

    @property
    def words(self) -> str:
        return WORDS[self]

    @property
    def path(self) -> str:
        """Return the one path that is asked for, or nothing when names are drawn."""
        return TODAYS_PATH if self is Scenario.TODAY else ""


TODAYS_PATH = "/api/v1/birthdays/today"
WORDS = {
    Scenario.GET: "GET",
    Scenario.PUT: "PUT",
    Scenario.MIX: "90 % GET, 10 % PUT",
    Scenario.TODAY: "today's birthdays",
}


@dataclass(frozen=True, slots=True)
class Cell:
    """What is asked for, over how many connections at once."""

    scenario: Scenario
    connections: int

    @property
    def title(self) -> str:
        return f"{self.scenario.words}, {self.connections} connection{'' if self.connections == 1 else 's'}"


@dataclass(frozen=True, slots=True)
class Figure:
    per_s: float
    p50_ms: float
    p99_ms: float


def load(port: int, cell: Cell, seconds: int, names: Path) -> Figure:
    """Raise `BenchError` when one answer was not a good one, or one did not come."""
    seed = random.SystemRandom().randrange(SEEDS)
    arguments: Words = [names, str(cell.scenario.puts_of_100), str(seed), cell.scenario.path]
    counted = wrk(port, cell.connections, seconds, arguments)
    if not cell.scenario.path:
        check_variety(counted["requests"], counted["distinct"])
    return figure_of(counted)


def load_path(port: int, path: str, connections: int, seconds: int, names: Path) -> Figure:
    """Ask for one path only; raise `BenchError` as `load` does."""
    return figure_of(wrk(port, connections, seconds, [names, "0", "0", path]))


def wrk(port: int, connections: int, seconds: int, arguments: Words) -> dict[str, int]:
    shape: Words = ["--threads", "1", "--connections", str(connections), "--duration", f"{seconds}s"]
    script: Words = ["--timeout", f"{TIMEOUT_S}s", "--script", SCRIPT, f"http://{HOST}:{port}", "--"]
    printed = run([path_of("wrk"), *shape, *script, *arguments], timeout_s=seconds + GRACE_S)
    counted: dict[str, int] = json.loads(printed.splitlines()[-1])
    return counted


def figure_of(counted: dict[str, int]) -> Figure:
    errors = ", ".join(f"{counted[name]} {name}" for name in ERRORS if counted[name])
    if errors:
        raise BenchError(f"of {counted['requests']} requests some failed: {errors}")
    seconds = counted["duration_us"] / 1e6
    return Figure(counted["requests"] / seconds, counted["p50_us"] / 1e3, counted["p99_us"] / 1e3)


def check_variety(requests: int, distinct: int) -> None:
    """Raise `BenchError` when the names were not drawn from all: repeats make life easy for batches."""
    expected = COUNT * -math.expm1(-requests / COUNT)
    if distinct < FAIR * expected:
        raise BenchError(f"only {distinct} names in {requests} requests: the draws repeat themselves")
