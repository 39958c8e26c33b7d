"""Search over HTTP with a real engine that is killed, frozen, full or emptied while items change."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import pytest

from hello.connectors.embedded.servers import Servers
from tests.search.engine import Engine
from tests.search.system import SearchSystem, Shop, is_listening, open_search_system
from tests.support.polling import until

pytestmark = [pytest.mark.search, pytest.mark.timeout(300)]
FINDABLE_S, TIMEOUT_S, AT_ONCE_S = 2, 1, 0.5
BULK, SOME = 2000, 400


@pytest.fixture(scope="module")
def shared(
    engine: Engine, servers: Servers, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SearchSystem]:
    with open_search_system(tmp_path_factory.mktemp("search"), servers, engine) as system:
        yield system


@pytest.fixture
def system(shared: SearchSystem) -> Iterator[SearchSystem]:
    """With the engine in use, before each test and after it."""
    yield shared
    shared.engine.resume()
    shared.engine.start()
    if shared.worker.pid is None:
        shared.worker.start()
    shared.wait_for(shared.readiness, ("ready", "up"))
    shared.wait_for(lambda: shared.shop().total("kite"), (shared.name, 0))


@pytest.fixture
def shop(system: SearchSystem) -> Shop:
    return system.shop()


def seconds_since(start: float) -> float:
    return time.monotonic() - start


def test_item_is_found_soon_after_its_write(system: SearchSystem, shop: Shop) -> None:
    shop.create("A green kite")  # the first needs connections
    system.wait_for(lambda: shop.titles("green"), (system.name, ["A green kite"]))
    start = time.monotonic()
    shop.create("A red kite")
    system.wait_for(lambda: shop.titles("red"), (system.name, ["A red kite"]))
    assert seconds_since(start) < FINDABLE_S


def test_killed_engine_is_replaced_by_postgres_and_catches_up(system: SearchSystem, shop: Shop) -> None:
    kept, renamed, removed = shop.create_all(["A kept kite", "A lost kite", "A sold kite"])
    system.wait_for(lambda: shop.total("kite"), (system.name, 3))
    system.engine.kill()
    assert shop.total("kite") == ("postgres", 3)
    shop.create("A new kite")
    shop.rename(renamed, "A found kite")
    shop.remove(removed)
    titles = ["A found kite", "A kept kite", "A new kite"]
    assert shop.titles("kite") == ("postgres", titles)
    assert system.readiness() == ("degraded", "down")
    system.engine.start()
    system.wait_for(lambda: shop.titles("kite"), (system.name, titles))
    system.wait_for(system.readiness, ("ready", "up"))
    assert shop.client.get(kept).status_code == 200


def test_processes_start_without_an_engine(system: SearchSystem, shop: Shop) -> None:
    system.engine.kill()
    for process in (system.api, system.worker):
        process.kill()
        process.start()
    until(lambda: is_listening(system.client))
    shop.create("A kite")
    assert shop.total("kite") == ("postgres", 1)
    assert system.readiness() == ("degraded", "down")
    system.engine.start()
    system.wait_for(lambda: shop.total("kite"), (system.name, 1))


def test_nothing_is_lost_when_the_engine_is_killed_while_it_indexes(system: SearchSystem, shop: Shop) -> None:
    with creating(shop, BULK):
        until(lambda: shop.total("kite")[1] > BULK // 10)
        system.engine.kill()
    assert shop.total("kite") == ("postgres", BULK)
    system.engine.start()
    system.wait_for(lambda: shop.total("kite"), (system.name, BULK))


@contextmanager
def creating(shop: Shop, number: int) -> Iterator[None]:
    """Create kites during the block, and return when all are there."""
    failed: list[BaseException] = []

    def create() -> None:
        try:
            shop.create_all([f"Kite {each}" for each in range(number)])
        except BaseException as error:  # noqa: BLE001  # for the other thread
            failed.append(error)

    thread = Thread(target=create)
    thread.start()
    try:
        yield
    finally:
        thread.join()
    assert not failed, failed


def test_nothing_is_lost_when_the_worker_is_killed_while_it_indexes(system: SearchSystem, shop: Shop) -> None:
    with creating(shop, SOME):
        for indexed in (SOME // 8, SOME // 4):
            until(lambda indexed=indexed: shop.total("kite")[1] >= indexed)  # type: ignore[misc]
            system.worker.kill()
            system.worker.start()
    system.wait_for(lambda: shop.total("kite"), (system.name, SOME))


def test_read_only_index_catches_up_when_it_can_be_written_again(system: SearchSystem, shop: Shop) -> None:
    """An engine makes its indexes read-only when its disk is full."""
    old = shop.create("An old kite")
    system.wait_for(lambda: shop.total("kite"), (system.name, 1))
    set_read_only(system, is_read_only=True)
    try:
        shop.create("A new kite")
        shop.remove(old)
        until(lambda: "read-only" in "".join(system.logged_since(0)))
        assert shop.titles("kite") == (system.name, [])
    finally:
        set_read_only(system, is_read_only=False)
    system.wait_for(lambda: shop.titles("kite"), (system.name, ["A new kite"]))


def set_read_only(system: SearchSystem, *, is_read_only: bool) -> None:
    block = {"index.blocks.read_only_allow_delete": is_read_only or None}
    system.ask("PUT", f"/{system.alias}/_settings", block)


def test_frozen_engine_delays_few_searches_and_no_write(system: SearchSystem, shop: Shop) -> None:
    shop.create("A kite")
    system.wait_for(lambda: shop.total("kite"), (system.name, 1))
    system.engine.freeze()
    assert max(search_times(shop, 3)) < TIMEOUT_S + AT_ONCE_S
    times = search_times(shop, 20)
    assert sorted(times)[-2] < AT_ONCE_S, times
    start = time.monotonic()
    shop.create("A red kite")
    assert seconds_since(start) < AT_ONCE_S
    assert shop.total("kite") == ("postgres", 2)
    system.engine.resume()
    system.wait_for(lambda: shop.total("kite"), (system.name, 2))


def search_times(shop: Shop, number: int) -> list[float]:
    """Return how many seconds each of some searches takes, which PostgreSQL answers."""
    times = []
    for _ in range(number):
        start = time.monotonic()
        assert shop.total("kite")[0] == "postgres"
        times.append(seconds_since(start))
    return times


def test_deleted_index_is_built_again_by_the_worker(system: SearchSystem, shop: Shop) -> None:
    shop.create("A kite")
    system.wait_for(lambda: shop.total("kite"), (system.name, 1))
    for index in system.indexes():
        system.ask("DELETE", f"/{index}")
    assert shop.total("kite") == ("postgres", 1)
    shop.create("A red kite")
    system.wait_for(lambda: shop.total("kite"), (system.name, 2))
