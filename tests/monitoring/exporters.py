"""The exporters of PostgreSQL and Valkey, as Docker Compose has them beside Prometheus."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from hello.connectors.embedded.account import Account
from hello.connectors.embedded.command import Command
from hello.connectors.embedded.log import Log
from tests.monitoring.programs import ensure_program
from tests.monitoring.prometheus import Targets, answers
from tests.support.programs.ports import HOST, free_port
from tests.support.programs.program import Program
from tests.support.programs.running import running


@contextmanager
def running_exporters(folder: Path, database_url: str, redis_url: str) -> Iterator[Targets]:
    """Yield their addresses; both URLs lead to Unix sockets."""
    postgres = {"DATA_SOURCE_NAME": data_source(database_url)}
    with (
        running_exporter(folder, "postgres", postgres, "--web.listen-address") as for_postgres,
        running_exporter(folder, "redis", variables_of(redis_url), "-web.listen-address") as for_redis,
    ):
        yield {"postgres": [for_postgres], "valkey": [for_redis]}


@contextmanager
def running_exporter(
    folder: Path, server: str, environment: Mapping[str, str], listen_option: str
) -> Iterator[str]:
    address, name = f"{HOST}:{free_port()}", f"prometheus-{server}-exporter"
    argv = (ensure_program(name), f"{listen_option}={address}")
    log = Log(folder / f"{name}.log")
    command = Command(argv, Account(), log, cwd=folder, environment=tuple(environment.items()))
    with running(Program(name, command, lambda: answers(f"http://{address}/metrics"))):
        yield address


def data_source(database_url: str) -> str:
    """Return what the exporter's driver takes for a socket."""
    url = urlsplit(database_url)
    place = {name: values[0] for name, values in parse_qs(url.query).items()}
    parts = {
        "user": url.username,
        "password": unquote(url.password or ""),
        "dbname": url.path.strip("/"),
        "sslmode": "disable",
        **place,
    }
    return " ".join(f"{name}='{value}'" for name, value in parts.items())


def variables_of(redis_url: str) -> Mapping[str, str]:
    url = urlsplit(redis_url)
    return {"REDIS_ADDR": f"unix://{url.path}", "REDIS_PASSWORD": url.password or ""}
