"""Connection settings: each mistake is one line that names the setting and the parameter, and no secret."""

import re
from pathlib import Path

import pytest

from hello.core.postgres_urls import read_postgres_url
from hello.core.settings import Settings, SettingsError, read_settings

SECRET = "sesame"  # noqa: S105
POSTGRES = f"postgresql://me:{SECRET}@db/x"


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("url", "named"),
    [
        ("postgresql", "must start with one of postgres://"),
        (f"postgresql://me:{SECRET}/x@db/x", "percent-encoded"),
        (f"postgresql://me:{SECRET}@x@db/x", "percent-encoded"),
        (f"postgresql://me:{SECRET}?x@db/x", "percent-encoded"),
        (f"postgresql://me:{SECRET}%zz@db/x", "percent"),
        (f"postgresql://me:{SECRET}@db:port/x", "port"),
        (f"postgresql://u:p@ss?{SECRET}=x@host/db", "percent-encoded"),
        (f"{POSTGRES}?options=%ff", "UTF-8"),
        (f"{POSTGRES}?keepalives_count=1000", "keepalives_count"),
        (f"{POSTGRES}?sslrootcert=~/root.crt&sslmode=verify-full", "sslrootcert"),
        (f"{POSTGRES}?sslmode", "name=value"),
        (f"{POSTGRES}?sslmode=verify", "sslmode"),
        (f"{POSTGRES}?sslmode=verify-full", "sslrootcert"),
        (f"{POSTGRES}?sslmode=verify-full&sslrootcert=missing.pem", "sslrootcert"),
        (f"{POSTGRES}?sslmode=require&sslrootcert=system", "sslmode=verify-full"),
        (f"{POSTGRES}?sslcert=missing.pem", "sslcert"),
        (f"{POSTGRES}?channel_binding=require", "channel_binding"),
        (f"{POSTGRES}?require_auth=scram-sha-256", "require_auth"),
        (f"{POSTGRES}?gssencmode=require", "gssencmode"),
        (f"{POSTGRES}?connect_timeout=soon", "connect_timeout"),
        (f"{POSTGRES}?keepalives_idle=-1", "keepalives_idle"),
        (f"{POSTGRES}?target_session_attrs=best", "target_session_attrs"),
        (f"{POSTGRES}?client_encoding=latin1", "client_encoding"),
        (f"{POSTGRES}?hostaddr=10.0.0.1&sslmode=verify-full&sslrootcert=system", "hostaddr"),
        (f"{POSTGRES}?options=nonsense", "options"),
        (f"{POSTGRES}?pgbouncer=true", "DATABASE_POOLER"),
        (f"{POSTGRES}?schema=public", "schema"),
        (f"postgresql://me:{SECRET}@a,b:5432,c/x?port=1,2", "port"),
    ],
)
def test_bad_database_url_names_the_parameter(url: str, named: str) -> None:
    line = refusal(database_url=url)
    assert line.startswith("DATABASE_URL: ")
    assert named in line


@pytest.mark.parametrize(
    ("url", "named"),
    [
        (f"redis://:{SECRET}@cache/abc", "database"),
        (f"redis://:{SECRET}@cache/0?unknown=1", "unknown"),
        (f"redis://:{SECRET}@cache?socket_timeout=1", "REDIS_TIMEOUT_S"),
        (f"redis://:{SECRET}@cache?ssl_cert_reqs=none", "rediss://"),
        (f"rediss://:{SECRET}@cache?ssl_cert_reqs=maybe", "ssl_cert_reqs"),
        (f"rediss://:{SECRET}@cache?ssl_ca_certs=missing.pem", "ssl_ca_certs"),
        (f"redis://:{SECRET}@cache?db=x", "db"),
        (f"redis://:{SECRET}@cache?protocol=4", "protocol"),
        (f"redis+cluster://:{SECRET}@cache/1", "database"),
        (f"redis://:{SECRET}@", "server"),
        (f"redis://:{SECRET}@cache:port", "port"),
        (f"unix://:{SECRET}@", "socket"),
        (f"http://:{SECRET}@cache", "must start with one of redis"),
    ],
)
def test_bad_redis_url_names_the_parameter(url: str, named: str) -> None:
    line = refusal(redis_url=url)
    assert line.startswith("REDIS_URL: ")
    assert named in line


@pytest.mark.parametrize(
    ("url", "named"),
    [
        ("kafka://one,two:9092", "port"),
        (f"kafka://me:{SECRET}@one:9092", "user name"),
        ("kafka://one:9092/topic", "EVENTS_TOPIC"),
        ("kafka://one:9092?acks=0", "acks"),
        ("kafka://", "server"),
        (f"amqp://me:{SECRET}@one,two/", "one server"),
        (f"amqp://me:{SECRET}@one?heartbeat=x", "heartbeat"),
        (f"amqp://me:{SECRET}@one?ssl=true", "ssl"),
        (f"amqps://me:{SECRET}@one?cafile=missing.pem", "cafile"),
        (f"redis://:{SECRET}@cache/abc", "database"),
    ],
)
def test_bad_broker_url_names_the_parameter(url: str, named: str) -> None:
    line = refusal(broker_url=url)
    assert line.startswith("BROKER_URL: ")
    assert named in line


@pytest.mark.parametrize(
    "query",
    [
        "connect_timeout=10",
        "keepalives=1&keepalives_idle=30&keepalives_interval=10&keepalives_count=3&tcp_user_timeout=10000",
        "application_name=me&fallback_application_name=you",
        "channel_binding=prefer&gssencmode=disable&sslcompression=0&sslsni=1&load_balance_hosts=disable",
        "hostaddr=127.0.0.1&sslmode=require",
        "sslnegotiation=direct&sslmode=require",
        "target_session_attrs=read-write",
        "options=-csearch_path%3Dmine%20--statement_timeout=5s",
        "client_encoding=utf8&replication=false&min_protocol_version=3.0",
    ],
)
def test_parameters_of_libpq_are_accepted(query: str) -> None:
    assert read_settings(database_url=f"{POSTGRES}?{query}").database_dsn


@pytest.mark.parametrize(
    "url",
    [
        "redis://cache",
        "redis://me:pw@cache:6379/3?protocol=3&client_name=hello&health_check_interval=10",
        "rediss://cache/0?ssl_cert_reqs=required&ssl_check_hostname=false",
        "redis+cluster://cache:7000/0",
        "unix://:pw@/run/valkey.sock?db=0",
        "unix:///run/valkey.sock",
        "redis://[::1]:6379/0",
    ],
)
def test_usual_redis_urls_are_accepted(url: str) -> None:
    assert read_settings(redis_url=url).redis_dsn == url


def test_libpq_parameters_have_their_meaning() -> None:
    url = read_postgres_url(
        f"{POSTGRES}?connect_timeout=7&keepalives_idle=20&tcp_user_timeout=9000&application_name=me"
        "&options=-c%20search_path%3Da%5C%20b%20--lock_timeout=3s"
    )
    assert url.connect_timeout_s == 7
    assert (url.keep_alive.idle_s, url.keep_alive.interval_s, url.keep_alive.user_timeout_ms) == (20, 5, 9000)
    assert url.application_name == "me"
    assert url.server_settings == {"search_path": "a b", "lock_timeout": "3s"}


@pytest.mark.parametrize("password", ["a/b", "a@b", "a:b", "a?b", "a#b", "a%b", "ü €", "&=+"])
def test_parts_carry_any_password(password: str) -> None:
    settings = read_settings(postgres_password=password)
    assert read_postgres_url(settings.database_dsn).dsn.startswith("postgresql://?host=127.0.0.1&")


def test_kubernetes_service_link_in_postgres_port_is_explained() -> None:
    line = refusal(postgres_port="tcp://10.0.0.7:5432")
    assert "POSTGRES_PORT" in line
    assert "enableServiceLinks" in line


def test_kubernetes_service_link_is_ignored_beside_a_database_url() -> None:
    settings = read_settings(postgres_port="tcp://10.0.0.7:5432", database_url=POSTGRES)
    assert settings.database_dsn == POSTGRES


def refusal(**values: str) -> str:
    with pytest.raises(SettingsError) as raised:
        read_settings(**values)
    line = str(raised.value)
    assert SECRET not in line
    assert "\n" not in line
    assert not re.search("Traceback|pydantic", line)
    return line
