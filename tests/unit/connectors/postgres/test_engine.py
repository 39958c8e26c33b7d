"""What a connection to PostgreSQL begins with: from settings and from its URL."""

import socket
from dataclasses import dataclass, replace
from types import SimpleNamespace

import pytest

from hello.connectors.postgres.engine import Database, keep_alive
from hello.core.postgres_urls import KeepAlive
from hello.core.settings import Settings

DSN, DIRECT = "postgresql://ada@db/hello", "postgresql://ada@direct/hello"
OURS = Database(dsn=DSN, application_name="hello-api", deadline_s=2.5, lock_timeout_s=0.75)
LIMITS = {
    "idle_in_transaction_session_timeout": "25000",
    "jit": "off",
    "lock_timeout": "750",
    "statement_timeout": "2500",
    "timezone": "UTC",
}
KEPT_ALIVE = {"tcp_keepalives_idle": "10", "tcp_keepalives_interval": "5", "tcp_keepalives_count": "3"}


def settings(**values: object) -> Settings:
    given = {"database_url": DSN, "database_pool_size": 3, "database_pool_overflow": 4}
    times = {"database_connect_timeout_s": 5, "database_deadline_s": 6, "database_lock_timeout_s": 7}
    return Settings.model_validate(given | times | values)


@pytest.mark.parametrize("pooler", ["none", "transaction"])
def test_database_has_all_that_is_set(pooler: str) -> None:
    assert Database.of(settings(database_pooler=pooler), "hello-api") == Database(
        dsn=DSN,
        application_name="hello-api",
        transaction_pooling=pooler == "transaction",
        pool_size=3,
        pool_overflow=4,
        connect_timeout_s=5,
        deadline_s=6,
        lock_timeout_s=7,
    )


def test_direct_database_is_the_same_one_without_a_pooler() -> None:
    given = settings()
    assert Database.direct(given, "hello-worker") == Database.of(given, "hello-worker")


def test_direct_database_beyond_a_pooler_has_sessions() -> None:
    given = settings(database_pooler="transaction", database_direct_url=DIRECT)
    expected = replace(Database.of(given, "hello-worker"), dsn=DIRECT, transaction_pooling=False)
    assert Database.direct(given, "hello-worker") == expected


def test_pooler_alone_has_no_direct_database() -> None:
    assert Database.direct(settings(database_pooler="transaction"), "hello-worker") is None


def test_connection_begins_with_limits_and_keep_alive() -> None:
    assert OURS.startup_settings() == LIMITS | KEPT_ALIVE | {"application_name": "hello-api"}


def test_pooler_gets_the_name_only() -> None:
    pooled = replace(OURS, transaction_pooling=True)
    assert pooled.startup_settings() == {"application_name": "hello-api"}


def test_options_and_name_of_the_url_come_first() -> None:
    named = replace(OURS, dsn=f"{DSN}?application_name=mine&options=-cstatement_timeout%3D9")
    expected = LIMITS | KEPT_ALIVE | {"statement_timeout": "9", "application_name": "mine"}
    assert named.startup_settings() == expected


def test_local_settings_are_quoted() -> None:
    given = replace(OURS, dsn=f"{DSN}?options=-csearch_path%3Da'b")
    expected = LIMITS | {"lock_timeout": "1", "search_path": "a''b"}
    calls = [f"set_config('{name}', '{value}', true)" for name, value in expected.items()]
    assert given.local_settings(lock_timeout="1") == f"SELECT {', '.join(calls)}"


@dataclass
class Connection:
    """As much of asyncpg's as a look at its socket takes."""

    sock: socket.socket | None

    @property
    def _transport(self) -> SimpleNamespace:
        return SimpleNamespace(get_extra_info={"socket": self.sock}.get)


PROBES = KeepAlive(idle_s=11, interval_s=6, count=4, user_timeout_ms=9000)


@pytest.mark.parametrize("wanted", [PROBES, replace(PROBES, user_timeout_ms=0)])
def test_client_notices_within_half_a_minute_that_the_server_is_gone(wanted: KeepAlive) -> None:
    with socket.socket() as sock:
        keep_alive(Connection(sock), wanted)
        assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
        options = (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT, socket.TCP_USER_TIMEOUT)
        found = [sock.getsockopt(socket.IPPROTO_TCP, option) for option in options]
    assert found == [11, 6, 4, wanted.user_timeout_ms]


def test_keep_alive_can_be_turned_off() -> None:
    with socket.socket() as sock:
        keep_alive(Connection(sock), replace(PROBES, enabled=False))
        assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 0


def test_unix_socket_needs_no_keep_alive() -> None:
    with socket.socket(socket.AF_UNIX) as sock:
        keep_alive(Connection(sock), PROBES)
        assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 0
    keep_alive(Connection(None), PROBES)
