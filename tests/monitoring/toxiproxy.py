"""A toxiproxy before a server: it delays or breaks what passes."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.monitoring.programs import ensure_toxiproxy
from tests.monitoring.prometheus import answers
from tests.support.programs.ports import HOST, free_port
from tests.support.programs.program import Program
from tests.support.programs.running import running

TIMEOUT_S = 10
NAME = "server"


@dataclass(frozen=True, slots=True)
class Toxiproxy:
    """`port` is where clients of the server connect."""

    api: str
    port: int

    @contextmanager
    def slow(self, milliseconds: int) -> Iterator[None]:
        """Delay every answer during the block."""
        with self._toxic("latency", {"latency": milliseconds}):
            yield

    @contextmanager
    def _toxic(self, kind: str, attributes: dict[str, int]) -> Iterator[None]:
        toxics = f"{self.api}/proxies/{NAME}/toxics"
        post(toxics, {"name": kind, "type": kind, "attributes": attributes})
        try:
            yield
        finally:
            httpx.delete(f"{toxics}/{kind}", timeout=TIMEOUT_S, trust_env=False).raise_for_status()


@contextmanager
def running_toxiproxy(folder: Path, upstream: str) -> Iterator[Toxiproxy]:
    """Pass on to `host:port`, without any fault at first."""
    port, api_port = free_port(), free_port()
    api = f"http://{HOST}:{api_port}"
    argv = (ensure_toxiproxy(), "-host", HOST, "-port", str(api_port))
    with running(Program.within(folder, "toxiproxy", argv, lambda: answers(f"{api}/version"))):
        post(f"{api}/proxies", {"name": NAME, "listen": f"{HOST}:{port}", "upstream": upstream})
        yield Toxiproxy(api, port)


def post(url: str, body: dict[str, Any]) -> None:
    httpx.post(url, json=body, timeout=TIMEOUT_S, trust_env=False).raise_for_status()
