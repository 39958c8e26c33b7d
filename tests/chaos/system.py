"""What is shaken: an API, three workers and two relays, beside servers of their own."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx

from hello.connectors.embedded.home import elsewhere_of
from hello.connectors.embedded.servers import Servers
from hello.connectors.embedded.termination import wait_until
from tests.chaos.processes import Process, open_fork_server
from tests.chaos.random_kills import Killable, KillableServer, Target
from tests.support.http.running import LISTENING, migrate, places
from tests.support.programs.ports import HOST, free_port
from tests.support.servers import temporary_servers

WORKERS, RELAYS, SOON_S = 3, 2, 5
MAX_BROKER_DOWN_S = 3  # longer than a relay tries again before it leaves an event for later
WORKER_TASKS, RELAY_TASKS = "progress,birthdays,cleanup,consumers", "relay"
SETTINGS = {
    "DATABASE_POOL_SIZE": "4",
    "DATABASE_POOL_OVERFLOW": "4",
    "ORDER_CONFIRM_DELAY_S": "0.5",
    "ORDER_SHIP_DELAY_S": "0.5",
    "RATE_LIMIT_ACCOUNTS": "off",
    "RATE_LIMIT_ITEMS": "off",
    "RATE_LIMIT_LOGIN_PAIR": "off",
    "RATE_LIMIT_ORDERS": "off",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """Whatever is in there keeps its address when it is started again."""

    api_url: str
    database_url: str
    processes: Mapping[str, Process]
    targets: Sequence[Target]

    def stop(self) -> None:
        """Let all processes end in order."""
        for process in self.processes.values():
            process.stop()


@contextmanager
def open_servers(folder: Path) -> Iterator[Servers]:
    """Start PostgreSQL and Valkey, with the schema; no process may be left behind."""
    with temporary_servers(folder) as servers:
        migrate(servers)
        yield servers
    assert wait_until(lambda: not left_behind(folder), SOON_S), left_behind(folder)


@contextmanager
def open_system(
    folder: Path,
    servers: Servers,
    broker: Killable,
    broker_url: str,
    preloaded: Mapping[str, str] | None = None,
) -> Iterator[System]:
    """Log into the folder; `preloaded` are variables that a process must have when its program starts."""
    port, environment = free_port(), places(servers) | SETTINGS | {"BROKER_URL": broker_url}
    with open_fork_server(folder, preloaded or {}) as fork_server:
        processes = {
            name: Process(
                fork_server=fork_server,
                arguments=arguments,
                environment=environment,
                log=folder / f"{name}.log",
            )
            for name, arguments in commands(port).items()
        }
        for process in processes.values():
            process.start()
        try:
            yield System(
                api_url=f"http://{HOST}:{port}",
                database_url=servers.database_url,
                processes=processes,
                targets=[
                    *(Target(name, process) for name, process in processes.items()),
                    Target("postgres", KillableServer(servers.postgres)),
                    Target("broker", broker, MAX_BROKER_DOWN_S),
                ],
            )
        finally:
            for process in processes.values():
                process.kill()


def readiness_of(system: System, name: str) -> tuple[int, str]:
    """Ask where the process has listened last."""
    *_, address = LISTENING.findall(system.processes[name].log.read_text())
    health = httpx.get(f"{address}/api/v1/health/ready")
    return health.status_code, health.json()["status"]


def commands(port: int) -> Mapping[str, Sequence[str]]:
    """Return the arguments of each process by its name."""
    workers = {f"worker-{number}": WORKER_TASKS for number in range(WORKERS)}
    relays = {f"relay-{number}": RELAY_TASKS for number in range(RELAYS)}
    return {"api": ("api", "--port", str(port))} | {
        name: ("worker", "--port", "0", "--only", only) for name, only in (workers | relays).items()
    }


def left_behind(folder: Path) -> list[str]:
    """Return the processes that work in the folder, or where its servers have their data."""
    homes = folder.resolve(), elsewhere_of(folder.resolve())
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(FileNotFoundError, ProcessLookupError, PermissionError):
            if any(map(Path(process, "cwd").readlink().is_relative_to, homes)):
                found.append(Path(process, "comm").read_text().strip())
    return found
