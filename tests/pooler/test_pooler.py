"""What clients and operators see of the service beyond pgbouncer in transaction pooling."""

import asyncio
import os
import re
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import httpx
import pytest

from hello.connectors.embedded.servers import Servers
from tests.pooler.pgbouncer import running_pgbouncer
from tests.support.builders import a_name
from tests.support.http.accounts import client_of
from tests.support.http.event_streams import following
from tests.support.http.orders import open_order_client
from tests.support.http.running import HELLO, Running, places, started
from tests.support.polling import until
from tests.support.programs.program import Program

pytestmark = [pytest.mark.integrated, pytest.mark.pooler]
SIZE = 3
HURRY = {"ORDER_CONFIRM_DELAY_S": "0.2", "ORDER_SHIP_DELAY_S": "0.2", "RATE_LIMIT_ACCOUNTS": "off"}


@pytest.fixture(scope="module")
def pooler(servers: Servers) -> Iterator[tuple[str, Program]]:
    with tempfile.TemporaryDirectory(prefix="hello-pgbouncer-") as folder:
        Path(folder).chmod(0o777)
        with running_pgbouncer(servers.database_url, Path(folder), SIZE) as running:
            yield running


@pytest.fixture(scope="module")
def pooled(servers: Servers, pooler: tuple[str, Program]) -> dict[str, str]:
    """The variables of a process that has the pooler only."""
    return places(servers) | {"DATABASE_URL": pooler[0], "DATABASE_POOLER": "transaction"} | HURRY


@pytest.fixture(scope="module")
def migrated(pooled: dict[str, str]) -> dict[str, str]:
    assert migrate(pooled).returncode == 0
    return pooled


@pytest.fixture(scope="module")
def api(migrated: dict[str, str]) -> Iterator[Running]:
    with started("api", "--port", "0", environment=migrated) as api:
        yield api


def migrate(variables: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = [*HELLO, "migrate"]
    return subprocess.run(
        command, env=os.environ | variables, timeout=60, check=False, capture_output=True, text=True
    )


@contextmanager
def migrating(variables: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    command = [*HELLO, "migrate"]
    with subprocess.Popen(command, env=os.environ | variables, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


async def fetch(url: str, sql: str) -> str:
    connection = await asyncpg.connect(url, statement_cache_size=0)
    try:
        async with connection.transaction():
            return str(await connection.fetchval(sql))
    finally:
        await connection.close()


async def test_migrations_leave_no_lock_and_the_next_ones_do_not_hang(
    servers: Servers, migrated: dict[str, str]
) -> None:
    for variables in (migrated, migrated, places(servers)):
        assert migrate(variables).returncode == 0
    locks = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"
    assert await fetch(servers.database_url, locks) == "0"


async def test_waiting_migration_names_the_holder_of_the_lock(servers: Servers) -> None:
    holder = await asyncpg.connect(servers.database_url, server_settings={"application_name": "a-holder"})
    try:
        await holder.execute("SELECT pg_advisory_lock(486231091)")
        with migrating(places(servers)) as process:
            line = await asyncio.to_thread(process.stderr.readline) if process.stderr else ""
            assert "waiting for another migration" in line
            assert "a-holder" in line
            await holder.close()
            assert await asyncio.to_thread(process.wait, 30) == 0
    finally:
        await holder.close()


async def test_many_clients_get_right_answers(api: Running) -> None:
    async with httpx.AsyncClient(base_url=api.url, timeout=30) as client:

        async def save_and_greet() -> None:
            for _ in range(20):
                path = f"/hello/{a_name()}"
                saved = await client.put(path, json={"dateOfBirth": "1990-05-17"})
                assert saved.status_code == 204, saved.text
                greeted = await client.get(path)
                assert greeted.status_code == 200, greeted.text
                listed = await client.get("/api/v1/birthdays/upcoming")
                assert listed.status_code == 200, listed.text

        await asyncio.gather(*(save_and_greet() for _ in range(32)))
        ready = await client.get("/api/v1/health/ready")
        assert ready.json()["status"] == "ready"


async def test_settings_do_not_leak_to_other_clients_of_the_pooler(
    api: Running, pooler: tuple[str, Program]
) -> None:
    async with httpx.AsyncClient(base_url=api.url, timeout=30) as client:
        assert (await client.get(f"/hello/{a_name()}")).status_code == 404
    for name, expected in (
        ("enable_seqscan", "on"),
        ("plan_cache_mode", "auto"),
        ("statement_timeout", "0"),
        ("lock_timeout", "0"),
    ):
        for _ in range(2 * SIZE):
            assert await fetch(pooler[0], f"SHOW {name}") == expected


@pytest.fixture
async def worker(migrated: dict[str, str]) -> AsyncIterator[Running]:
    with started("worker", "--port", "0", environment=migrated) as worker:
        yield worker


def test_order_is_shipped_and_followed_without_a_direct_connection(api: Running, worker: Running) -> None:
    with client_of(api) as client:
        order_client = open_order_client(client, client)
        path = order_client.ordered()
        with following(client, order_client, path) as events:
            kinds = [event["event"] for event in events]
    assert kinds == ["order.created", "order.confirmed", "order.shipped"]
    assert worker.process.poll() is None


def test_consumer_gets_its_events(api: Running, worker: Running) -> None:
    with client_of(api) as client, httpx.Client(base_url=worker.url) as metrics:
        order_client = open_order_client(client, client)
        order_client.order(order_client.wanted(recipient=order_client.john))
        handled = re.compile(r'events_consumed_total{[^}]*outcome="handled"[^}]*} [1-9]')
        until(lambda: handled.search(metrics.get("/metrics").text) is not None)


def test_readiness_says_that_the_pooler_needs_a_setting(migrated: dict[str, str]) -> None:
    variables = migrated | {"DATABASE_POOLER": "none"}
    with started("api", "--port", "0", environment=variables) as api, client_of(api) as client:
        ready = client.get("/api/v1/health/ready")
    assert ready.status_code == 503
    assert "pooler" in ready.json()["checks"]["database"]["reason"]


def test_migration_says_what_the_pooler_refuses(migrated: dict[str, str]) -> None:
    refused = migrate(migrated | {"DATABASE_POOLER": "none"})
    assert refused.returncode == 1
    assert "unsupported startup parameter" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_api_goes_on_after_the_pooler_was_killed(api: Running, pooler: tuple[str, Program]) -> None:
    _, program = pooler
    with client_of(api) as client:
        program.kill()
        assert client.get(f"/hello/{a_name()}").status_code == 500
        program.start()
        until(lambda: client.get(f"/hello/{a_name()}").status_code == 404)
        assert client.put(f"/hello/{a_name()}", json={"dateOfBirth": "1990-05-17"}).status_code == 204
