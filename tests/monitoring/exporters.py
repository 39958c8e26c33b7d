"""The exporters of PostgreSQL and Redis, which know what the service itself does not measure."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit

from tests.monitoring.programs import ensure_program
from tests.monitoring.prometheus import Targets, answers
from tests.support.programs.ports import HOST, free_port
from tests.support.programs.program import Program
from tests.support.programs.running import running

POSTGRES, REDIS = "prometheus-postgres-exporter", "prometheus-redis-exporter"


@contextmanager
def running_exporters(folder: Path, database_url: str, redis_url: str) -> Iterator[Targets]:
    """Watch servers on this machine, also by their sockets."""
    with ExitStack() as stack:
        postgres, valkey = (f"{HOST}:{free_port()}" for _ in range(2))
        source = {"DATA_SOURCE_NAME": f"{database_url}{'&' if '?' in database_url else '?'}sslmode=disable"}
        for program in (
            exporter(POSTGRES, folder, postgres, source),
            exporter(REDIS, folder, valkey, redis_source(redis_url)),
        ):
            stack.enter_context(running(program))
        yield {"postgres": [postgres], "valkey": [valkey]}


def redis_source(url: str) -> Mapping[str, str]:
    parts = urlsplit(url)
    address = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
    path = parts.path if parts.scheme == "unix" else ""
    return {"REDIS_ADDR": address + path, "REDIS_PASSWORD": unquote(parts.password or "")}


def exporter(name: str, folder: Path, address: str, environment: Mapping[str, str]) -> Program:
    argv = (ensure_program(name), f"--web.listen-address={address}")
    return Program.within(folder, name, argv, lambda: answers(f"http://{address}/metrics"), environment)
