"""Which cores the servers run on, and which the database and the load."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from benchmarks.commands import path_of


@dataclass(frozen=True, slots=True)
class Placement:
    """`server_core` is None when nothing is pinned."""

    server_core: int | None
    workers: int

    @property
    def is_pinned(self) -> bool:
        return self.server_core is not None

    @property
    def title(self) -> str:
        if self.is_pinned:
            return "the server on one core, PostgreSQL and the load on another"
        return f"nothing pinned, {self.workers} processes for each server but Go"

    @property
    def prefix(self) -> list[str]:
        """What a command of a server begins with."""
        return [] if self.server_core is None else [str(path_of("taskset")), "-c", str(self.server_core)]

    @property
    def environment(self) -> dict[str, str]:
        return {} if self.server_core is None else {"GOMAXPROCS": "1"}


@contextmanager
def placed(workers: int, *, pinned: bool) -> Iterator[Placement]:
    """Move ourselves off the servers' core; PostgreSQL and the load, our children, come along."""
    cores = os.sched_getaffinity(0)
    if not pinned:
        yield Placement(None, workers)
        return
    server_core, others = min(cores), cores - {min(cores)}
    os.sched_setaffinity(0, {min(others or cores)})
    try:
        yield Placement(server_core, 1)
    finally:
        os.sched_setaffinity(0, cores)
