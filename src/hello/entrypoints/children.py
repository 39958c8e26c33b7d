"""Which processes make up the service on one machine, and what people are told of them."""

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
from hello.core.settings import Settings
from hello.entrypoints.supervisor import Child
from hello.interface.http.serving.metrics import SHARED_FOLDER
from hello.interface.listening import url_of

ME = (sys.executable, "-m", "hello")
SOURCE = Path(hello.__file__).parent
PLACES = "places.json"
GRACE_S, RETRY_S = 5, 0.2


def environment_of(settings: Settings) -> dict[str, str]:
    """Return what tells a child where PostgreSQL and Redis are."""
    return {"DATABASE_URL": settings.database_dsn, "REDIS_URL": settings.redis_dsn or ""}


def is_configured() -> bool:
    """Say whether the environment or `.env` names a database."""
    return bool(Settings().model_fields_set & {"database_url", "postgres_host"})


@contextmanager
def places_written(data_dir: Path, settings: Settings) -> Iterator[None]:
    """Tell tools where the servers are while they run: in a file that only we can read."""
    path = data_dir / PLACES
    path.unlink(missing_ok=True)
    with open(path, "w", opener=only_for_us) as file:
        json.dump({"database_url": settings.database_dsn, "redis_url": settings.redis_dsn}, file)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def only_for_us(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_EXCL, 0o600)


def read_places(data_dir: Path) -> dict[str, str]:
    try:
        places: dict[str, str] = json.loads((data_dir / PLACES).read_text())
    except (OSError, ValueError):
        return {}
    return places


async def nothing() -> None:
    """Say nothing when the processes have started."""


@contextmanager
def api_children(
    listener: socket.socket, workers: int, environment: Mapping[str, str]
) -> Iterator[list[Child]]:
    """Let the workers share the listener and a folder for their measurements."""
    with TemporaryDirectory(prefix="hello-metrics-") as folder:
        shared = {SHARED_FOLDER: folder} if workers > 1 else {}
        yield [child_of("api", listener, {**environment, **shared})] * workers


def child_of(name: str, listener: socket.socket, environment: Mapping[str, str]) -> Child:
    """Run the command of this name on a listener that is open already."""
    return Child(
        name=name,
        command=[*ME, name, "--fd", str(listener.fileno())],
        environment={**os.environ, **environment},
        files=[listener.fileno()],
    )


async def welcome(listener: socket.socket, background: socket.socket, data_dir: Path) -> None:
    """Say hello once a request, which waits in the listener's queue, has been answered."""
    while not await answers(*listener.getsockname()[:2]):  # noqa: ASYNC110  # an answer sets no event
        await asyncio.sleep(RETRY_S)
    Console(highlight=False).print(banner(url_of(listener), url_of(background), data_dir), soft_wrap=True)


async def answers(host: str, port: int) -> bool:
    """Ask once; a process that dies before it answers leaves nothing to read."""
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
