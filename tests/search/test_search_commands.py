"""`hello search` and `hello dead-letters` beside a running product, and an engine that fails meanwhile."""

import asyncio
import os
import subprocess
from collections.abc import Iterator, Sequence
from uuid import UUID

import asyncpg
import pytest
from uuid_utils.compat import uuid7

from hello.connectors.embedded.servers import Servers
from hello.connectors.postgres.engine import Database, open_engine
from hello.connectors.postgres.unit_of_work import PostgresUnitOfWork
from hello.connectors.search.mapping import FORMAT
from hello.entities.items import Item
from hello.services.accounts import registration
from tests.search.engine import Engine
from tests.search.system import SearchSystem, Shop, open_search_system
from tests.support.builders import a_change, an_account, an_item
from tests.support.cli import run_hello
from tests.support.http.running import HELLO
from tests.support.polling import until

pytestmark = [pytest.mark.search, pytest.mark.timeout(300)]
MANY, AGREE = 5000, "The index and the items agree.\n"
NUMBER_AS_TITLE = {
    "_meta": {"format": FORMAT},
    "properties": {"id": {"type": "keyword"}, "title": {"type": "long"}},
}


@pytest.fixture(scope="module")
def shared(
    engine: Engine, servers: Servers, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SearchSystem]:
    with open_search_system(tmp_path_factory.mktemp("search"), servers, engine) as system:
        yield system


@pytest.fixture
def system(shared: SearchSystem) -> Iterator[SearchSystem]:
    """With an engine that has all items."""
    shared.wait_for(lambda: verify(shared), (0, AGREE))
    yield shared
    shared.engine.start()
    if any("numbers" in index for index in shared.indexes()):
        hello(shared, "search", "reindex")


@pytest.fixture
def shop(system: SearchSystem) -> Shop:
    return system.shop()


def hello(system: SearchSystem, *arguments: str, **environment: str) -> tuple[int, str]:
    """Return the exit code and what is printed; a traceback is a defect."""
    result = run_hello(*arguments, **{**system.environment, "COLUMNS": "400", **environment})
    assert "Traceback" not in result.stderr, result.stderr
    return result.returncode, result.stdout


def verify(system: SearchSystem, *options: str) -> tuple[int, str]:
    return hello(system, "search", "verify", *options)


def add_without_events(servers: Servers, titles: Sequence[str]) -> Sequence[Item]:
    """Store items of which the index does not hear."""
    owner = an_account()
    items = [an_item(owner, title) for title in titles]

    async def add() -> None:
        database = Database(dsn=servers.database_url, application_name="hello-test")
        async with open_engine(database) as engine, PostgresUnitOfWork.of(engine, 60).begin() as tx:
            await tx.accounts.add(owner, registration(owner))
            await tx.items.add_all(items, [a_change(item.id) for item in items])

    asyncio.run(add())
    return items


def execute(servers: Servers, statement: str, *arguments: object) -> None:
    async def run() -> None:
        connection = await asyncpg.connect(servers.database_url)
        await connection.execute(statement, *arguments)
        await connection.close()

    asyncio.run(run())


def test_differences_are_shown_and_repaired(system: SearchSystem, servers: Servers, shop: Shop) -> None:
    missing, outdated = add_without_events(servers, ["A kite"])[0].id, UUID(shop.create("A ball")[-36:])
    system.wait_for(lambda: shop.total("ball"), (system.name, 1))
    execute(servers, "UPDATE items SET title = 'A balloon', version = version + 1 WHERE id = $1", outdated)
    extra, document = uuid7(), {"version": 1, "title": "A doll"}
    system.ask("PUT", f"/{system.alias}/_doc/{extra}", document | {"id": str(extra)})
    status, printed = verify(system)
    assert status == 1
    assert printed.splitlines() == [
        f"1 missing from the index: {missing}",
        f"1 in the index in another version: {outdated}",
        f"1 in the index although the item is gone: {extra}",
    ]
    assert verify(system, "--repair") == (0, printed)
    assert verify(system) == (0, AGREE)
    system.wait_for(lambda: shop.titles("balloon"), (system.name, ["A balloon"]))


def test_document_that_others_removed_needs_a_reindex(system: SearchSystem, shop: Shop) -> None:
    """The engine remembers the version of the removal, and takes no older one."""
    kite = UUID(shop.create("A kite")[-36:])
    system.wait_for(lambda: shop.total("kite"), (system.name, 1))
    system.ask("DELETE", f"/{system.alias}/_doc/{kite}?refresh=true")
    difference = f"1 missing from the index: {kite}\n"
    assert verify(system) == (1, difference)
    advice = "1 could not be repaired: run `hello search reindex`.\n"
    assert verify(system, "--repair") == (1, difference + advice)
    assert hello(system, "search", "reindex")[0] == 0
    assert verify(system) == (0, AGREE)


def test_differences_in_postgres_are_shown_and_repaired(system: SearchSystem, servers: Servers) -> None:
    [item] = add_without_events(servers, ["A kite"])
    execute(servers, "DELETE FROM item_documents WHERE item_id = $1", item.id)
    status, printed = hello(system, "search", "verify", SEARCH_URL="")
    assert (status, printed) == (1, f"1 missing from the index: {item.id}\n")
    assert hello(system, "search", "verify", "--repair", SEARCH_URL="") == (0, printed)
    assert hello(system, "search", "verify", SEARCH_URL="") == (0, AGREE)
    assert verify(system, "--repair")[0] == 0


def test_rejected_items_are_redriven_after_a_reindex(system: SearchSystem, shop: Shop) -> None:
    use_index_of_numbers(system)
    before = system.log_size()
    shop.create("A kite")
    until(lambda: any("event is dead" in line for line in system.logged_since(before)))
    status, printed = hello(system, "dead-letters", "list")
    assert status == 0
    assert "failed to parse field [title]" in printed
    status, printed = hello(system, "dead-letters", "redrive", "--all")
    reason, result = printed.splitlines()
    assert (status, result) == (1, "0 handled, 1 failed again.")
    assert "failed to parse field [title]" in reason
    assert hello(system, "search", "reindex")[0] == 0
    assert hello(system, "dead-letters", "redrive", "--all") == (0, "1 handled, 0 failed again.\n")
    system.wait_for(lambda: shop.titles("kite"), (system.name, ["A kite"]))


def use_index_of_numbers(system: SearchSystem) -> None:
    """Replace the index in one step, so that the worker does not build a new one."""
    index = f"{system.alias}-numbers"
    old = system.indexes()
    system.ask("PUT", f"/{index}", {"mappings": NUMBER_AS_TITLE})
    actions = [
        *({"remove_index": {"index": name}} for name in old),
        {"add": {"index": index, "alias": system.alias}},
    ]
    system.ask("POST", "/_aliases", {"actions": actions})


def test_engine_killed_in_the_middle_of_a_reindex(system: SearchSystem, servers: Servers, shop: Shop) -> None:
    shop.create("A kite")
    add_without_events(servers, [f"Ball {number}" for number in range(MANY)])
    with subprocess.Popen(
        [*HELLO, "search", "reindex"],
        env=os.environ | system.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as reindex:
        until(system.is_being_built)
        system.engine.kill()
        assert shop.total("kite") == ("postgres", 1)
        system.engine.start()
        printed, _ = reindex.communicate(timeout=120)
    assert "Traceback" not in printed
    assert "items indexed." in printed or "hello: " in printed, printed
    assert hello(system, "search", "reindex")[0] == 0
    assert verify(system) == (0, AGREE)
    assert len(system.indexes()) == 1
    system.wait_for(lambda: shop.titles("kite"), (system.name, ["A kite"]))


def test_command_without_an_engine_fails_in_one_line(system: SearchSystem) -> None:
    system.engine.kill()
    for command in ("reindex", "verify"):
        result = run_hello("search", command, **system.environment)
        assert result.returncode == 1
        errors = [line for line in result.stderr.splitlines() if line.startswith("hello: ")]
        assert len(errors) == 1, result.stderr
        assert "the search engine cannot be reached" in errors[0]
        assert "Traceback" not in result.stderr
