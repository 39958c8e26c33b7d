"""Operators see why the database or Redis cannot be used, each cause in words of its own."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest
import trustme

from hello.connectors.embedded.servers import Servers
from hello.connectors.postgres.engine import Database, open_engine
from hello.connectors.postgres.migrate import migrate
from hello.connectors.postgres.schema import SchemaProbe
from hello.connectors.postgres.unit_of_work import PostgresUnitOfWork
from hello.connectors.postgres.write_faults import WriteFaults
from hello.connectors.redis.client import RedisProbe, open_redis
from hello.entities.errors import UnavailableError
from tests.support.builders import a_name
from tests.support.servers import WORKER, create_database, sibling
from tests.support.valkey_tools import tls_in_front_of

pytestmark = pytest.mark.integrated
PASSWORD = "correct-horse"  # noqa: S105
READ_ONLY = "the server is read-only (SQLSTATE 25006)"


async def database_reason(database: Database) -> str:
    async with open_engine(database) as engine:
        with pytest.raises(UnavailableError) as raised:
            await SchemaProbe(engine, "0001").check()
    return raised.value.reason or str(raised.value)


def with_login(database: Database, user: str, password: str) -> Database:
    """Keep the place of a socket or a server, and log in as another user."""
    url = urlsplit(database.dsn)
    place = f"{url.hostname}:{url.port}" if url.hostname else ""
    return replace(database, dsn=url._replace(netloc=f"{user}:{password}@{place}").geturl())


@pytest.fixture
async def role(database: Database) -> AsyncIterator[Database]:
    """The database as a user sees it who may log in, and no more."""
    name = f"hello_role_{WORKER}"
    connection = await asyncpg.connect(database.dsn)
    try:
        await connection.execute(f"CREATE ROLE {name} LOGIN PASSWORD '{PASSWORD}'")
        yield with_login(database, name, PASSWORD)
    finally:
        await connection.execute(f"DROP ROLE IF EXISTS {name}")
        await connection.close()


async def test_wrong_password_is_named(role: Database) -> None:
    user = urlsplit(role.dsn).username or ""
    reason = await database_reason(with_login(role, user, "wrong"))
    assert "refuses the password" in reason
    assert "wrong" not in reason


async def test_missing_database_is_named(database: Database) -> None:
    assert "no database of this name" in await database_reason(sibling(database, "hello_missing"))


async def test_missing_schema_is_named(database: Database) -> None:
    name = f"hello_empty_{WORKER}"
    await create_database(database.dsn, name)
    assert "hello migrate" in await database_reason(sibling(database, name))


async def test_missing_privilege_is_named(role: Database) -> None:
    assert "lacks a privilege" in await database_reason(role)


async def test_refused_connection_is_named(database: Database) -> None:
    nowhere = replace(database, dsn="postgresql://hello@127.0.0.1:1/hello")
    assert "was refused" in await database_reason(nowhere)


async def test_unknown_host_is_named(database: Database) -> None:
    nowhere = replace(database, dsn="postgresql://hello@nowhere.invalid/hello")
    assert "cannot be resolved" in await database_reason(nowhere)


async def test_read_only_database_is_not_ready(database: Database) -> None:
    name = f"hello_readonly_{WORKER}"
    await create_database(database.dsn, name)
    own = sibling(database, name)
    await asyncio.to_thread(migrate, own)
    assert "read-only" in await database_reason(read_only(own))


async def test_migration_of_a_missing_database_says_so(database: Database) -> None:
    with pytest.raises(UnavailableError) as raised:
        await asyncio.to_thread(migrate, sibling(database, "hello_missing"))
    assert "no database of this name" in raised.value.explanation


async def redis_reason(url: str) -> str:
    async with open_redis(url, 2) as redis:
        with pytest.raises(UnavailableError) as raised:
            await RedisProbe(redis).check()
    return raised.value.explanation


async def test_wrong_password_of_redis_is_named(servers: Servers) -> None:
    url = urlsplit(servers.redis_url)
    reason = await redis_reason(url._replace(netloc=":wrong@").geturl())
    assert "refuses the user or the password" in reason
    assert ":wrong@" not in reason


async def test_missing_database_of_redis_is_named(servers: Servers) -> None:
    assert "no database with this number" in await redis_reason(servers.redis_url.replace("db=0", "db=999"))


async def test_refused_connection_to_redis_is_named() -> None:
    assert "was refused" in await redis_reason("redis://127.0.0.1:1")


async def test_untrusted_certificate_of_redis_is_named(unused_tcp_port: int, tmp_path: Path) -> None:
    authority, other = trustme.CA(), trustme.CA()
    other.cert_pem.write_to_path(tmp_path / "ca.pem")
    async with tls_in_front_of(unused_tcp_port, authority) as port:
        reason = await redis_reason(f"rediss://localhost:{port}?ssl_ca_certs={tmp_path / 'ca.pem'}")
    assert "certificate of Redis is not accepted" in reason


async def test_failed_write_makes_the_database_unready_until_one_works(database: Database) -> None:
    name = f"hello_writes_{WORKER}"
    await create_database(database.dsn, name)
    own = sibling(database, name)
    await asyncio.to_thread(migrate, own)
    writes = WriteFaults()
    async with open_engine(own) as engine, open_engine(read_only(own)) as refusing:
        writes.watch(refusing)
        with pytest.raises(UnavailableError):
            async with PostgresUnitOfWork.of(refusing, 5).begin() as tx:
                await tx.people.save({a_name(): date(1990, 5, 17)}, [])
        assert writes.reason == READ_ONLY
        with pytest.raises(UnavailableError, match="takes no writes") as raised:
            await writes.check(refusing)
        assert raised.value.reason == READ_ONLY
        await SchemaProbe(engine, "0001", writes).check()
    assert writes.reason is None


async def test_only_a_real_write_shows_whether_a_user_without_temporary_tables_can_write(
    database: Database, role: Database
) -> None:
    name = f"hello_no_temp_{WORKER}"
    await create_database(database.dsn, name)
    connection = await asyncpg.connect(sibling(database, name).dsn)
    await connection.execute(f"REVOKE TEMPORARY ON DATABASE {name} FROM PUBLIC")
    await connection.close()
    writes = WriteFaults(reason=READ_ONLY)
    async with open_engine(sibling(role, name)) as engine:
        await writes.check(engine)
    assert writes.reason is None


async def test_server_that_is_away_keeps_the_reason_of_the_failed_write() -> None:
    nowhere = Database(dsn="postgresql://hello@127.0.0.1:1/hello", application_name="hello-test")
    writes = WriteFaults(reason=READ_ONLY)
    async with open_engine(nowhere) as engine:
        with pytest.raises(UnavailableError) as raised:
            await writes.check(engine)
    assert (writes.reason, raised.value.reason) == (READ_ONLY, "the connection was refused")


def read_only(database: Database) -> Database:
    return replace(database, dsn=f"{database.dsn}&options=-cdefault_transaction_read_only%3Don")
