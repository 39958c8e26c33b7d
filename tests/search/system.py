"""The product with a search engine: an API and a worker, which tests use over HTTP."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import Any

import httpx

from hello.connectors.embedded.servers import Servers
from tests.chaos.processes import Process, open_fork_server
from tests.chaos.system import SETTINGS
from tests.search.engine import Engine
from tests.support.http.accounts import LoggedIn, signed_up
from tests.support.http.items import ITEMS
from tests.support.http.running import migrate, places
from tests.support.polling import until
from tests.support.programs.ports import HOST, free_port

SEARCH, READY = "/api/v1/search/items", "/api/v1/health/ready"
WRITERS, PATIENCE_S, CATCH_UP_S = 4, 30, 60


@dataclass(frozen=True, slots=True)
class Shop:
    """One account's items: each test has its own, so tests find only what they have put there."""

    client: httpx.Client
    owner: LoggedIn

    def create(self, title: str) -> str:
        """Return the path of the new item."""
        answer = self.client.post(ITEMS, json={"title": title}, headers=self.owner.headers)
        assert answer.status_code == 201, answer.text
        return f"{ITEMS}/{answer.json()['id']}"

    def create_all(self, titles: Sequence[str]) -> Sequence[str]:
        with ThreadPoolExecutor(WRITERS) as pool:
            return list(pool.map(self.create, titles))

    def rename(self, item: str, title: str) -> None:
        answer = self.client.put(item, json={"title": title}, headers=self.owner.headers)
        assert answer.status_code == 200, answer.text

    def remove(self, item: str) -> None:
        answer = self.client.delete(item, headers=self.owner.headers)
        assert answer.status_code == 204, answer.text

    def search(self, text: str) -> dict[str, Any]:
        params: dict[str, str | int] = {"q": text, "owner_id": self.owner.id, "limit": 100}
        answer = self.client.get(SEARCH, params=params)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def titles(self, text: str) -> tuple[str, Sequence[str]]:
        """Return the engine and the titles that it finds, in order of the alphabet."""
        found = self.search(text)
        return found["engine"], sorted(item["title"] for item in found["items"])

    def total(self, text: str) -> tuple[str, int]:
        """Return the engine and how many items it finds."""
        found = self.search(text)
        return found["engine"], found["total"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchSystem:
    engine: Engine
    environment: Mapping[str, str]
    client: httpx.Client
    api: Process
    worker: Process

    @property
    def name(self) -> str:
        """What answers say about the engine."""
        return self.engine.name.rstrip("23")

    @property
    def alias(self) -> str:
        return self.environment["SEARCH_INDEX"]

    def shop(self) -> Shop:
        return Shop(self.client, signed_up(self.client))

    def ask(self, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401  # JSON of any kind
        """Ask the engine itself."""
        url = f"{self.engine.url}{path}"
        answer = httpx.request(method, url, json=body, timeout=PATIENCE_S, trust_env=False)
        assert answer.is_success, answer.text
        return answer.json()

    def indexes(self) -> Sequence[str]:
        return sorted(self.ask("GET", f"/{self.alias}*"))

    def has_index(self) -> bool:
        return bool(self.ask("GET", f"/_alias/{self.alias}*"))

    def is_being_built(self) -> bool:
        aliases = self.ask("GET", f"/_alias/{self.alias}*").values()
        return any(f"{self.alias}-next" in index["aliases"] for index in aliases)

    def readiness(self) -> tuple[str, str]:
        """Return the status of the API, and that of the engine."""
        health = self.client.get(READY).json()
        return health["status"], health["checks"]["search"]["status"]

    def log_size(self) -> int:
        return self.worker.log.stat().st_size

    def logged_since(self, size: int) -> Sequence[str]:
        """Return the worker's lines after the first `size` bytes of its log."""
        return self.worker.log.read_bytes()[size:].decode().splitlines()

    def wait_for(self, look: Callable[[], object], expected: object) -> None:
        """Wait until it sees what is expected; show what it sees instead."""
        seen: list[object] = []

        def is_there() -> bool:
            seen[:] = [look()]
            return seen == [expected]

        try:
            until(is_there, CATCH_UP_S)
        except AssertionError:
            assert seen == [expected]


@contextmanager
def open_search_system(folder: Path, servers: Servers, engine: Engine) -> Iterator[SearchSystem]:
    """Log into the folder."""
    migrate(servers)
    port = free_port()
    environment = {
        **places(servers),
        **SETTINGS,
        "RATE_LIMIT_SEARCH": "off",
        "SEARCH_URL": engine.url,
        "SEARCH_INDEX": f"test-{token_hex(6)}",
    }
    with (
        open_fork_server(folder, {}) as fork_server,
        httpx.Client(base_url=f"http://{HOST}:{port}", timeout=PATIENCE_S, trust_env=False) as client,
    ):
        api, worker = (
            Process(
                fork_server=fork_server,
                arguments=arguments,
                environment=environment,
                log=folder / f"{arguments[0]}.log",
            )
            for arguments in (("api", "--port", str(port)), ("worker", "--port", "0"))
        )
        system = SearchSystem(engine=engine, environment=environment, client=client, api=api, worker=worker)
        try:
            for process in (api, worker):
                process.start()
            until(lambda: is_listening(client), PATIENCE_S)
            until(system.has_index, PATIENCE_S)
            yield system
        finally:
            for process in (api, worker):
                process.kill()


def is_listening(client: httpx.Client) -> bool:
    try:
        return client.get("/api/v1/health").is_success
    except httpx.TransportError:
        return False
