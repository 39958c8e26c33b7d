"""The processes of the service on one machine, and the welcome banner."""

import asyncio
import json
import os
import socket
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console

import hello
from hello.core.settings import Settings, read_settings
from hello.entrypoints.supervisor import Child
from hello.interface.http.serving.exposition import SHARED_FOLDER, metrics_server, shared_metrics
from hello.interface.listening import url_of

HELLO = (sys.executable, "-m", "hello")
SOURCE = Path(hello.__file__).parent
CONNECTIONS = "places.json"
GRACE_S, RETRY_S = 5, 0.2


def environment_of(settings: Settings) -> dict[str, str]:
    """Return the environment variables that point a child at PostgreSQL and Redis."""
    return {"DATABASE_URL": settings.database_dsn, "REDIS_URL": settings.redis_dsn or ""}


def is_configured() -> bool:
    """Return whether the environment or `.env` names a database."""
    return bool(read_settings().model_fields_set & {"database_url", "postgres_host"})


@contextmanager
def written_connections(data_dir: Path, settings: Settings) -> Iterator[None]:
    """Write the servers' URLs for other commands while they run, to a file that only its owner can read."""
    path = data_dir / CONNECTIONS
    path.unlink(missing_ok=True)
    with open(path, "w", opener=open_private) as file:
        json.dump({"database_url": settings.database_dsn, "redis_url": settings.redis_dsn}, file)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def open_private(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_EXCL, 0o600)


def read_connections(data_dir: Path) -> dict[str, str]:
    try:
        connections: dict[str, str] = json.loads((data_dir / CONNECTIONS).read_text())
    except (OSError, ValueError):
        return {}
    return connections


async def no_welcome() -> None:
    """Print nothing when the processes have started."""


@contextmanager
def api_children(settings: Settings, listener: socket.socket, workers: int) -> Iterator[list[Child]]:
    """Yield the API processes, which share the listener and a folder for metrics."""
    environment = environment_of(settings)
    if workers == 1:
        yield [child_of("api", listener, environment)]
        return
    with (
        TemporaryDirectory(prefix="hello-metrics-") as folder,
        metrics_server(settings.metrics_host, settings.metrics_port, shared_metrics(folder)),
    ):
        yield [child_of("api", listener, {**environment, SHARED_FOLDER: folder})] * workers


def child_of(name: str, listener: socket.socket, environment: Mapping[str, str]) -> Child:
    """Return the child that runs the command of this name on an open listener."""
    return Child(
        name=name,
        command=[*HELLO, name, "--fd", str(listener.fileno())],
        environment={**os.environ, **environment},
        files=[listener.fileno()],
    )


async def welcome(listener: socket.socket, background: socket.socket, data_dir: Path) -> None:
    """Print the banner once the API answers a request."""
    while not await answers(*listener.getsockname()[:2]):  # noqa: ASYNC110  # an answer sets no event
        await asyncio.sleep(RETRY_S)
    Console(highlight=False).print(banner(url_of(listener), url_of(background), data_dir), soft_wrap=True)


async def answers(host: str, port: int) -> bool:
    """Request readiness once; any answer counts, and a process that dies first sends none."""
    try:
        reader, writer = await asyncio.open_connection(host, port)
        with closing(writer):
            writer.write(b"GET /api/v1/health/ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            return await reader.readline() != b""
    except OSError:
        return False


def banner(url: str, worker: str, data_dir: Path) -> str:
    lines = [
        "",
        f"[bold green]Hello is up at {url}[/bold green]",
        "",
        f"try it   curl -X PUT {url}/hello/John -H 'Content-Type: application/json' \\",
        '              -d \'{"dateOfBirth": "1990-05-17"}\'',
        f"         curl {url}/hello/John",
        f"page     {url}/",
        f"docs     {url}/docs",
        f"health   {url}/api/v1/health/ready",
        f"metrics  {url}/metrics",
        f"worker   {worker}/metrics",
        f"data     {data_dir.resolve()}",
        "",
        "Ctrl-C stops everything.",
        "",
    ]
    return "\n".join(lines)
