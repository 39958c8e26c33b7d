"""Where the short rehearsal takes place: two API processes behind HAProxy, two workers, and their servers."""

import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from hello.connectors.embedded.servers import Servers
from tests.monitoring.prometheus import Prometheus, answers, running_prometheus
from tests.rehearsal.haproxy import NOTICED_S, HAProxy, running_haproxy
from tests.rehearsal.releases import Release
from tests.support.http.running import places
from tests.support.polling import until
from tests.support.programs.commands import run
from tests.support.programs.ports import HOST, free_port
from tests.support.programs.program import Program
from tests.support.servers import temporary_servers

KINDS = {"api-1": "api", "api-2": "api", "worker-1": "worker", "worker-2": "worker"}
APIS, WORKERS = ("api-1", "api-2"), ("worker-1", "worker-2")
HELLO_MIGRATE = (sys.executable, "-m", "hello", "migrate")
SETTLED_S, MIGRATE_S = 60, 60
SETTINGS = {
    "ACCESS_LOG_SAMPLE": "0",
    "DRAIN_S": str(6 * NOTICED_S),
    "LOG_FORMAT": "json",
    "LOG_LEVEL": "warning",
    "ORDER_CONFIRM_DELAY_S": "1",
    "ORDER_SHIP_DELAY_S": "1",
    "TRUSTED_PROXIES": HOST,
    **{f"RATE_LIMIT_{group}": "off" for group in ("ACCOUNTS", "ITEMS", "ORDERS")},
    **{f"DATABASE_{what}_S": "10" for what in ("DEADLINE", "CONNECT_TIMEOUT", "LOCK_TIMEOUT")},
    "MAX_WAIT_S": "10",
}
"""The last four: on a machine that others use too, requests may wait for seconds, which the latencies show.
To refuse them then would look like a fault of the release."""


@dataclass(slots=True, kw_only=True)
class Stage:
    folder: Path
    servers: Servers
    ports: Mapping[str, int]
    programs: dict[str, Program]
    haproxy: HAProxy
    prometheus: Prometheus

    def migrate(self, release: Release) -> None:
        """Run `hello migrate` of the release; raise `ProgramError`."""
        run(HELLO_MIGRATE, timeout_s=MIGRATE_S, environment=environment_of(self.servers, release))

    def replace(self, name: str, release: Release) -> None:
        """End the process in order, and start the release in its place."""
        self.programs[name].stop()
        self.start(name, release)

    def kill(self, name: str) -> None:
        self.programs[name].kill()

    def start(self, name: str, release: Release) -> None:
        """Return when requests reach it again."""
        program = program_of(self.folder, name, self.ports[name], environment_of(self.servers, release))
        self.programs[name] = program
        program.start()
        self.wait()

    def wait(self) -> None:
        """Wait until HAProxy sends requests to all API processes."""
        until(lambda: self.haproxy.states() == dict.fromkeys(APIS, "UP"), SETTLED_S)

    def stop(self) -> None:
        for program in self.programs.values():
            program.stop()


@contextmanager
def open_stage(folder: Path, data: Path, release: Release) -> Iterator[Stage]:
    """Log into `folder`; return when everything is up. Remove the data of the servers at the end.

    The starting threads live until then: on Linux a process ends with the thread that started it.
    """
    ports = {name: free_port() for name in KINDS}
    with temporary_servers(data) as servers, ExitStack() as stack:
        environment = environment_of(servers, release)
        run(HELLO_MIGRATE, timeout_s=MIGRATE_S, environment=environment)
        programs = {name: program_of(folder, name, ports[name], environment) for name in KINDS}
        haproxy = stack.enter_context(running_haproxy(folder, {name: ports[name] for name in APIS}))
        prometheus = stack.enter_context(running_prometheus(folder, targets(ports)))
        opened = Stage(
            folder=folder,
            servers=servers,
            ports=ports,
            programs=programs,
            haproxy=haproxy,
            prometheus=prometheus,
        )
        stack.callback(kill_all, programs)
        starter = stack.enter_context(ThreadPoolExecutor())
        list(starter.map(Program.start, programs.values()))
        opened.wait()
        yield opened


def kill_all(programs: Mapping[str, Program]) -> None:
    for program in programs.values():
        program.kill()


def environment_of(servers: Servers, release: Release) -> Mapping[str, str]:
    return {**places(servers), **SETTINGS, **release.environment}


def program_of(folder: Path, name: str, port: int, environment: Mapping[str, str]) -> Program:
    """Log each life of the process into the same file."""
    argv = (sys.executable, "-m", "hello", KINDS[name], "--port", str(port))
    ready = partial(answers, f"http://{HOST}:{port}/api/v1/health/ready")
    return Program.within(folder, name, argv, ready, environment)


def targets(ports: Mapping[str, int]) -> Mapping[str, list[str]]:
    return {
        "hello-api": [f"{HOST}:{ports[name]}" for name in APIS],
        "hello-worker": [f"{HOST}:{ports[name]}" for name in WORKERS],
    }
