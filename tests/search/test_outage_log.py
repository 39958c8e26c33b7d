"""What an outage of the search engine costs: few lines in the log, and few attempts to reach it."""

import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from time import monotonic, sleep
from urllib.parse import urlsplit

import pytest

from hello.connectors.embedded.servers import Servers
from tests.search.engine import Engine
from tests.search.system import SearchSystem, open_search_system

pytestmark = [pytest.mark.search, pytest.mark.timeout(300)]
OUTAGE_S, MAX_CONNECTIONS_PER_S = 8, 6


@pytest.fixture
def system(engine: Engine, servers: Servers, tmp_path: Path) -> Iterator[SearchSystem]:
    try:
        with open_search_system(tmp_path, servers, engine) as system:
            yield system
    finally:
        engine.start()


@dataclass(slots=True)
class Refusals:
    """Connections that were accepted and closed at once."""

    listener: socket.socket
    count: int = 0

    def accept(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.count += 1
            connection.close()


@contextmanager
def refusing(url: str) -> Iterator[Refusals]:
    """Listen instead of the engine."""
    address = urlsplit(url)
    with socket.create_server((address.hostname or "", address.port or 0)) as listener:
        refusals = Refusals(listener)
        thread = Thread(target=refusals.accept)
        thread.start()
        yield refusals
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


def test_worker_tries_seldom_and_logs_little_while_the_engine_is_down(system: SearchSystem) -> None:
    shop = system.shop()
    shop.create("A kite")
    system.wait_for(lambda: shop.total("kite"), (system.name, 1))
    before = system.log_size()
    system.engine.kill()
    with refusing(system.engine.url) as refusals:
        shop.create_all([f"Kite {number}" for number in range(20)])
        sleep(OUTAGE_S)  # no condition: nothing may happen
        warnings, connections = warnings_since(system, before), refusals.count
    assert connections <= OUTAGE_S * MAX_CONNECTIONS_PER_S
    assert ["search engine" in line for line in warnings] == [True] * len(warnings)
    assert len(warnings) == 2, warnings  # one of the consumer, one of what builds the index
    system.engine.start()
    system.wait_for(lambda: shop.total("kite"), (system.name, 21))
    system.wait_for(lambda: ["again" in line for line in warnings_since(system, before)][-2:], [True, True])
    assert len(warnings_since(system, before)) == 2 * len(warnings)


def warnings_since(system: SearchSystem, size: int) -> Sequence[str]:
    return [line for line in system.logged_since(size) if "[info" not in line]


def test_search_terms_are_not_logged(system: SearchSystem) -> None:
    shop = system.shop()
    shop.create("A saxophone")
    system.wait_for(lambda: shop.total("saxophone"), (system.name, 1))
    system.engine.kill()
    assert shop.total("saxophone") == ("postgres", 1)
    logs = system.api.log.read_text()
    assert "answering from PostgreSQL" in logs
    assert "saxophone" not in logs


def test_frozen_engine_is_tried_seldom(system: SearchSystem) -> None:
    shop = system.shop()
    before = system.log_size()
    system.engine.freeze()
    try:
        shop.create_all([f"Kite {number}" for number in range(20)])
        start = monotonic()
        sleep(OUTAGE_S)
        warnings = warnings_since(system, before)
        assert len(warnings) <= monotonic() - start, warnings
        assert not any("Traceback" in line for line in warnings)
    finally:
        system.engine.resume()
    system.wait_for(lambda: shop.total("kite"), (system.name, 20))
