"""The command line of the comparison."""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from benchmarks.load import Scenario
from benchmarks.places import ROOT
from benchmarks.rounds import Plan
from benchmarks.servers import all_servers

T = TypeVar("T")
CONNECTIONS, ROUNDS, SECONDS, WORKERS = "128,32,1", 3, 5, 2


@dataclass(frozen=True, slots=True)
class Options:
    """`write` is the folder to write the page into, None to print only."""

    plan: Plan
    whole_machine: bool
    workers: int
    write: Path | None


def parse(arguments: Sequence[str] | None) -> Options:
    given = parser().parse_args(arguments)
    plan = Plan(
        servers=given.only,
        scenarios=given.scenarios,
        connections=given.connections,
        rounds=given.rounds,
        seconds=given.seconds,
    )
    return Options(plan, given.whole_machine, given.workers, given.write)


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="python -m benchmarks.compare", description="Hello beside its peers.")
    add_what(made)
    made.add_argument("--rounds", type=positive, default=ROUNDS, help="how often everything is measured")
    made.add_argument("--seconds", type=positive, default=SECONDS, help="how long each time")
    made.add_argument("--whole-machine", action="store_true", help="pin nothing to a core")
    made.add_argument("--workers", type=positive, default=WORKERS, help="processes, on the whole machine")
    made.add_argument(
        "--write",
        type=Path,
        nargs="?",
        const=ROOT / "docs",
        help="write performance.md and its picture, into docs or another folder",
    )
    return made


def add_what(made: argparse.ArgumentParser) -> None:
    servers = {server.name: server for server in all_servers()}
    only, scenarios = ",".join(servers), ",".join(Scenario)
    made.add_argument("--only", type=listed(lambda name: servers[name]), default=only, help=only)
    made.add_argument("--scenarios", type=listed(Scenario), default=scenarios, help=scenarios)
    made.add_argument("--connections", type=listed(positive), default=CONNECTIONS, help=CONNECTIONS)


def listed(one: Callable[[str], T]) -> Callable[[str], list[T]]:
    """Return a reader of values between commas."""

    def read(text: str) -> list[T]:
        try:
            return [one(part.strip()) for part in text.split(",")]
        except (KeyError, ValueError):
            raise argparse.ArgumentTypeError(f"cannot read {text!r}") from None

    return read


def positive(text: str) -> int:
    if int(text) < 1:
        raise ValueError(text)
    return int(text)
