"""Processes of the service, started as a user starts them."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from threading import Thread

import httpx

from hello.connectors.embedded.servers import Servers, destroy
from hello.connectors.postgres import migrate as migrations
from hello.connectors.postgres.engine import Database
from tests.support.servers import in_thread

HELLO = (sys.executable, "-m", "hello")
LISTENING = re.compile(r"(?=.*listening).*?(http://[\d.]+:\d+)")  # JSON sorts its fields otherwise
UP = re.compile(r"up at (http://[\d.]+:\d+)")  # the whole product: its worker listens too
PATIENCE_S = 60


class Running:
    """Where a process listens, and what it has printed; no dataclass, since that would be shown too."""

    def __init__(self, url: str, process: subprocess.Popen[str], printed: list[str]) -> None:
        self.url, self.process, self.printed = url, process, printed

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Return the exit code."""
        self.process.send_signal(number)
        return self.process.wait(PATIENCE_S)


@contextmanager
def running_hello(data_dir: Path, *arguments: str, **environment: str) -> Iterator[Running]:
    """Run the whole product, and remove its data at the end."""
    command = ("run", "--port", "0", "--data-dir", str(data_dir), *arguments)
    try:
        with started(*command, environment=environment) as running:
            yield running
    finally:
        destroy(data_dir)


@contextmanager
def running_api(servers: Servers, *arguments: str, **environment: str) -> Iterator[Running]:
    migrate(servers)
    with started("api", "--port", "0", *arguments, environment=places(servers) | environment) as running:
        yield running


def migrate(servers: Servers) -> None:
    migrate_once(servers.database_url)


@cache
def migrate_once(database_url: str) -> None:
    """Do what `hello migrate` does, without a process."""
    database = Database(dsn=database_url, application_name="hello-migrate")
    in_thread(lambda: migrations.migrate(database))


def places(servers: Servers) -> dict[str, str]:
    return {"DATABASE_URL": servers.database_url, "REDIS_URL": servers.redis_url}


@contextmanager
def started(
    *arguments: str, environment: Mapping[str, str] | None = None, command: Sequence[str] = HELLO
) -> Iterator[Running]:
    """Start the command and wait until it says where it listens."""
    says = UP if "run" in arguments else LISTENING
    process = subprocess.Popen(
        [*command, *arguments],
        env=os.environ | (environment or {}),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    printed: list[str] = []
    with process:
        try:
            yield Running(address(process, printed, says), process, printed)
        finally:
            process.terminate()
            end(process)


def end(process: subprocess.Popen[str]) -> None:
    """Leave nothing behind even where the process does not end, which is a fault."""
    try:
        process.wait(PATIENCE_S)
    finally:
        process.kill()


def address(process: subprocess.Popen[str], printed: list[str], says: re.Pattern[str]) -> str:
    """Read until there is an address, and go on reading, so that the process never waits for us."""
    for line in iter(process.stdout.readline, "") if process.stdout else ():
        printed.append(line)
        if found := says.search(line):
            Thread(target=keep_reading, args=(process, printed), daemon=True).start()
            return found[1]
    message = "the server did not start:\n" + "".join(printed)
    raise AssertionError(message)


def keep_reading(process: subprocess.Popen[str], printed: list[str]) -> None:
    with suppress(ValueError):  # closed by the other thread
        printed.extend(process.stdout or ())


def metrics_of(api: Running) -> str:
    return httpx.get(f"{api.url}/metrics").text
