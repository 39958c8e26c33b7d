"""The servers that are compared, and how each is started."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

from benchmarks import builds, versions
from benchmarks.commands import Words, path_of
from benchmarks.listeners import HOST
from benchmarks.load import Scenario
from benchmarks.places import ROOT

HELLO, SYNC, LITESTAR, GO, FASTIFY, BARE = "hello-on", "fastapi-sync", "litestar", "go", "fastify", "bare"
GO_STARTS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """`command` takes the port and the number of workers.

    `starts` is of how many starts the fastest counts; `greets` is false for one that only pretends to;
    `lists` is true for one that answers who celebrates today, or pretends to.
    """

    name: str
    title: str
    versions: Callable[[], str]
    prepare: Callable[[], None]
    command: Callable[[int, int], Words]
    environment: Mapping[str, str] = field(default_factory=dict)
    starts: int = 1
    greets: bool = True
    lists: bool = False

    def takes(self, scenario: Scenario) -> bool:
        return self.lists or scenario is not Scenario.TODAY


def all_servers() -> list[Server]:
    return [
        our_server("on"),
        our_server("off"),
        python_peer(SYNC, "sync FastAPI, SQLAlchemy, psycopg2", "fastapi", "sqlalchemy", "psycopg2-binary"),
        python_peer(LITESTAR, "Litestar, asyncpg", "litestar", "asyncpg"),
        go_peer(),
        node_peer(),
        python_peer(BARE, "bare ASGI app, no database", greets=False, lists=True),
    ]


def our_server(fast_path: str) -> Server:
    """Log as in production: a line of JSON for each request."""
    return Server(
        name=f"hello-{fast_path}",
        title=f"Hello, fast path {fast_path}",
        versions=versions.hello,
        prepare=builds.nothing,
        command=hello,
        environment={"FAST_PATH": fast_path, "LOG_FORMAT": "json"},
        lists=True,
    )


def python_peer(name: str, title: str, *packages: str, greets: bool = True, lists: bool = False) -> Server:
    return Server(
        name=name,
        title=title,
        versions=partial(versions.python, *packages, "uvicorn"),
        prepare=builds.python_peers,
        command=partial(uvicorn, MODULES[name]),
        greets=greets,
        lists=lists,
    )


MODULES = {SYNC: "fastapi_sync", LITESTAR: "litestar_asyncpg", BARE: "bare"}


def go_peer() -> Server:
    """Go is fast or slow from start to start: its fast mode is the one to beat."""
    return Server(
        name=GO,
        title="Go net/http, pgx",
        versions=versions.go,
        prepare=builds.go_peer,
        command=lambda *_: [builds.GO],
        starts=GO_STARTS,
    )


def node_peer() -> Server:
    return Server(
        name=FASTIFY,
        title="Fastify, pg",
        versions=versions.node,
        prepare=builds.node_peer,
        command=lambda *_: [path_of("node"), builds.NODE / "server.js"],
    )


def hello(port: int, workers: int) -> Words:
    listen = ["--host", HOST, "--port", str(port)]
    return [sys.executable, "-m", "hello", "api", *listen, *several(workers)]


def uvicorn(module: str, port: int, workers: int) -> Words:
    """Spare the peers what we do not do either, and an access log, which we do write."""
    listen = ["--host", HOST, "--port", str(port), *several(workers)]
    fast = ["--loop", "uvloop", "--http", "httptools", "--no-proxy-headers", "--no-server-header"]
    quiet = ["--no-access-log", "--log-level", "warning"]
    app: Words = [f"benchmarks.peers.{module}:app", "--app-dir", ROOT]
    return [builds.PYTHON, "-m", "uvicorn", *app, *listen, *fast, *quiet]


def several(workers: int) -> list[str]:
    return ["--workers", str(workers)] if workers > 1 else []
