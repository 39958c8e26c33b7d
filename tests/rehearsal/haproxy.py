"""An HAProxy before the API processes: it checks readiness, and repeats only what is safe to repeat."""

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from csv import DictReader
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import httpx

from tests.support.programs.debian import ensure_package
from tests.support.programs.nginx import is_listening
from tests.support.programs.ports import HOST, free_port
from tests.support.programs.program import Program
from tests.support.programs.running import running

PROGRAM = Path("/usr/sbin/haproxy")
CHECK_EVERY_S, NOTICED_S = 0.25, 0.5
"""After `NOTICED_S` no more requests come to a process that is not ready; `DRAIN_S` must be longer."""
CONFIG = """\
global
    maxconn 4000
    nbthread 1

defaults
    mode http
    timeout connect 1s
    timeout client 60s
    timeout server 30s
    timeout http-keep-alive 60s
    # A process that answers late is not gone. One that drains says so at once.
    timeout check 10s
    option forwardfor
    option redispatch 1
    retries 3

listen api
    bind {host}:{port}
    # Any request that never reached a process can be sent to another one. One without an answer may have had
    # its effect, so only reads are repeated: a repeated PUT could undo a newer one of another client, and a
    # repeated POST is safe only by its Idempotency-Key, which the client knows. So the client decides.
    retry-on conn-failure empty-response
    http-request disable-l7-retry unless METH_GET
    option httpchk GET /api/v1/health/ready
    http-check expect status 200
    default-server check inter {every_ms}ms fall 2 rise 2
    {servers}

listen stats
    bind {host}:{stats}
    stats enable
    stats uri /
"""


@dataclass(frozen=True, slots=True)
class HAProxy:
    url: str
    stats_url: str

    def states(self) -> Mapping[str, str]:
        """Return `UP` or `DOWN` by the name of the server; a check may be under way: `UP 1/2`."""
        csv = httpx.get(f"{self.stats_url}/;csv", trust_env=False).text.lstrip("# ")
        rows = DictReader(csv.splitlines())
        return {row["svname"]: row["status"] for row in rows if row["pxname"] == "api" and is_server(row)}


def is_server(row: Mapping[str, str]) -> bool:
    return row["svname"] not in {"FRONTEND", "BACKEND"}


@contextmanager
def running_haproxy(folder: Path, servers: Mapping[str, int]) -> Iterator[HAProxy]:
    """Balance over the ports of this machine; raise `ProgramError` when it is missing or does not start."""
    port, stats = free_port(), free_port()
    config = folder / "haproxy.cfg"
    lines = [f"server {name} {HOST}:{number}" for name, number in servers.items()]
    config.write_text(
        CONFIG.format(
            host=HOST,
            port=port,
            stats=stats,
            every_ms=round(1000 * CHECK_EVERY_S),
            servers="\n    ".join(lines),
        )
    )
    argv = (ensure_haproxy(), "-db", "-f", config)
    with running(Program.within(folder, "HAProxy", argv, partial(is_listening, stats))):
        yield HAProxy(f"http://{HOST}:{port}", f"http://{HOST}:{stats}")


def ensure_haproxy() -> Path:
    found = shutil.which("haproxy")
    return Path(found) if found else ensure_package("haproxy", PROGRAM)
