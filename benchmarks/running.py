"""A server that runs: started on a free port, known to be the one that answers, and gone at the end."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPException

from benchmarks.client import Client
from benchmarks.commands import last_lines
from benchmarks.cores import Placement
from benchmarks.database import Database
from benchmarks.errors import BenchError
from benchmarks.family import Member, family_of, living
from benchmarks.listeners import free_port, is_theirs
from benchmarks.output import Output
from benchmarks.places import CACHE
from benchmarks.servers import Server
from hello.connectors.embedded.termination import wait_until
from hello.core.processes import die_with_parent

START_S, STOP_S = 60, 15


@dataclass(frozen=True, slots=True)
class Running:
    server: Server
    port: int
    process: subprocess.Popen[bytes]
    output: Output

    @property
    def client(self) -> Client:
        return Client(self.port)

    def check_alive(self) -> None:
        """Raise `BenchError` unless it runs, and nobody else listens on its port."""
        if self.process.poll() is not None:
            raise self.failure(f"ended by itself with code {self.process.returncode}")
        if not is_theirs(self.port, self.family()):
            raise self.failure(f"is not the only one that listens on port {self.port}")

    def is_up(self) -> bool:
        """Raise `BenchError` when it has ended."""
        if self.process.poll() is None and not is_theirs(self.port, self.family()):
            return False
        self.check_alive()
        with suppress(OSError, HTTPException):
            return self.client.get("John").status > 0
        return False

    def family(self) -> frozenset[Member]:
        return family_of(self.process.pid)

    def stop(self) -> None:
        """Raise `BenchError` when something of it is left; doing it twice does no harm."""
        if self.process.poll() is None:
            members = self.family()
            os.killpg(self.process.pid, signal.SIGTERM)
            if not wait_until(lambda: self.is_gone(members), STOP_S):
                self.kill(members)

    def kill(self, members: frozenset[Member]) -> None:
        for member in members:
            member.kill()
        if not wait_until(lambda: self.is_gone(members), STOP_S):
            raise self.failure("does not stop")

    def is_gone(self, members: frozenset[Member]) -> bool:
        return self.process.poll() is not None and not living(members)

    def failure(self, what: str) -> BenchError:
        return BenchError(f"{self.server.name} {what}\n{last_lines(self.output.text())}".strip())


@contextmanager
def started(server: Server, placement: Placement, database: Database) -> Iterator[Running]:
    """Raise `BenchError` when it does not answer in time."""
    output = Output.open()
    try:
        running = start(server, placement, database, output)
        try:
            if not wait_until(running.is_up, START_S):
                raise running.failure(f"does not answer on port {running.port}, or not alone")
            yield running
        finally:
            running.stop()
    finally:
        output.close()


def start(server: Server, placement: Placement, database: Database, output: Output) -> Running:
    """Work in the cache, where there is no `.env` of a developer's."""
    port = free_port()
    told = {**database.environment, **placement.environment, **server.environment}
    process = subprocess.Popen(  # noqa: S603
        [*placement.prefix, *server.command(port, placement.workers)],
        cwd=CACHE,
        env={**os.environ, **told, "PORT": str(port), "WORKERS": str(placement.workers)},
        stdin=subprocess.DEVNULL,
        stdout=output.descriptor,
        stderr=output.descriptor,
        start_new_session=True,
        preexec_fn=die_with_parent(signal.SIGTERM),  # noqa: PLW1509
    )
    return Running(server, port, process, output)
