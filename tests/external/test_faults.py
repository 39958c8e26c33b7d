"""What clients see while something is stopped, killed or slow, and afterwards."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from hello.connectors.embedded.servers import Servers
from tests.support.builders import a_name
from tests.support.http.birthdays import save_birthday
from tests.support.http.messages import JSON, assert_problem
from tests.support.http.running import Running, migrate, places, running_api, started
from tests.support.polling import until
from tests.support.servers import temporary_servers

pytestmark = [pytest.mark.external, pytest.mark.faults]
FAULT = "something went wrong on our side"
UNKNOWN = "it is not known whether the change is stored; read it, or send it again"


@pytest.fixture(scope="module")
def own_servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """Servers of this module's own, since it stops them; migrated, as any of the tests may come first."""
    with temporary_servers(tmp_path_factory.mktemp("faults")) as servers:
        migrate(servers)
        yield servers


@contextmanager
def client_of(api: Running) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=api.url, timeout=10) as client:
        yield client


@contextmanager
def serving(servers: Servers, **environment: str) -> Iterator[tuple[Running, httpx.Client]]:
    with running_api(servers, **environment) as api, client_of(api) as client:
        yield api, client


def ready(client: httpx.Client) -> bool:
    return bool(client.get("/api/v1/health/ready").json()["status"] == "ready")


def assert_database_is_missed(client: httpx.Client, name: str) -> None:
    for method in ("GET", "PUT", "DELETE"):
        body = {"dateOfBirth": "1990-05-17"} if method == "PUT" else None
        answer = client.request(method, f"/hello/{name}", json=body, timeout=3)
        expected = {FAULT, UNKNOWN} if method == "PUT" else {FAULT}
        assert assert_problem(answer, 500)["detail"] in expected
    unready = client.get("/api/v1/health/ready")
    assert (unready.status_code, unready.json()["status"]) == (503, "unready")
    assert unready.json()["checks"]["database"]["status"] == "down"
    assert client.get("/api/v1/health").status_code == 200


def test_api_recovers_after_a_restart_of_postgresql(own_servers: Servers) -> None:
    name = a_name()
    with serving(own_servers) as (api, client):
        save_birthday(client, name, "1990-05-17")
        own_servers.postgres.stop()
        try:
            assert_database_is_missed(client, name)
        finally:
            own_servers.postgres.start()
        assert any("request failed" in line for line in api.printed)
        assert not any("Traceback" in line for line in api.printed)
        until(lambda: ready(client))
        assert client.get(f"/hello/{name}").status_code == 200


def test_hanging_postgresql_is_503_in_time(own_servers: Servers) -> None:
    name = a_name()
    patience = {"DATABASE_DEADLINE_S": "0.5", "DATABASE_CONNECT_TIMEOUT_S": "0.4"}
    with serving(own_servers, **patience) as (_, client):
        save_birthday(client, name, "1990-05-17")
        with hanging(own_servers.postgres.pid):
            assert_database_is_missed(client, name)
        until(lambda: ready(client))
        assert client.get(f"/hello/{name}").status_code == 200


@contextmanager
def hanging(pid: int | None) -> Iterator[None]:
    """Stop the server and all its processes where they stand."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    processes = [pid or 0, *map(int, children)]
    try:
        for process in processes:
            os.kill(process, signal.SIGSTOP)
        yield
    finally:
        for process in processes:
            os.kill(process, signal.SIGCONT)


def test_an_api_starts_without_its_database(own_servers: Servers) -> None:
    own_servers.postgres.stop()
    try:
        with started("api", "--port", "0", environment=places(own_servers)) as api, client_of(api) as client:
            assert_database_is_missed(client, a_name())
            own_servers.postgres.start()
            until(lambda: ready(client))
    finally:
        own_servers.postgres.start()


def test_api_without_valkey_is_degraded(own_servers: Servers) -> None:
    with serving(own_servers) as (_, client):
        own_servers.valkey.stop()
        try:
            degraded = client.get("/api/v1/health/ready")
            assert (degraded.status_code, degraded.json()["status"]) == (200, "degraded")
            assert save_birthday(client, a_name(), "1990-05-17").status_code == 204
        finally:
            own_servers.valkey.start()
        until(lambda: ready(client))


def test_shutdown_is_announced_before_the_listener_closes(own_servers: Servers) -> None:
    with serving(own_servers, DRAIN_S="2") as (api, client):
        api.process.send_signal(signal.SIGTERM)
        until(lambda: client.get("/api/v1/health/ready").status_code == 503)
        assert client.get("/api/v1/health/ready").json()["status"] == "unready"
        assert save_birthday(client, a_name(), "1990-05-17").status_code == 204
        assert api.process.wait(20) == 0


def test_answers_end_their_connections_before_the_listener_closes(own_servers: Servers) -> None:
    """Else a client could send a request on a kept connection in the moment in which it is closed."""
    name = a_name()
    with serving(own_servers, DRAIN_S="2") as (api, client):
        assert "connection" not in save_birthday(client, name, "1990-05-17").headers
        api.process.send_signal(signal.SIGTERM)
        until(lambda: client.get("/api/v1/health/ready").status_code == 503)
        for path in (f"/hello/{name}", "/api/v1/birthdays/today", "/api/v1/items"):
            assert client.get(path).headers["connection"] == "close"
        assert api.process.wait(20) == 0


def test_sigterm_right_after_the_start_ends_the_process(own_servers: Servers) -> None:
    with started("api", "--port", "0", environment=places(own_servers)) as api:
        assert api.stop() == 0


def test_requests_in_flight_are_finished(own_servers: Servers) -> None:
    """A body that is still on its way when the process is told to stop is waited for."""
    name = a_name()
    with serving(own_servers) as (api, client):
        body = b'{"dateOfBirth": "1990-05-17"}'

        def slowly() -> Iterator[bytes]:
            yield body[:5]
            api.process.send_signal(signal.SIGTERM)
            until(lambda: not accepts(api.url))
            yield body[5:]

        assert client.put(f"/hello/{name}", content=slowly(), headers=JSON).status_code == 204
        assert api.process.wait(20) == 0
    with serving(own_servers) as (_, client):
        assert client.get(f"/hello/{name}").status_code == 200


def accepts(url: str) -> bool:
    try:
        httpx.get(url, timeout=0.5)
    except httpx.TransportError:
        return False
    return True


def test_workers_share_the_port_and_the_measurements(own_servers: Servers) -> None:
    with running_api(own_servers, "--workers", "2") as api:
        ids: set[str] = set()
        while len(ids) < 2:
            ids.add(httpx.get(f"{api.url}/api/v1/health").headers["X-Request-ID"].split("-")[0])
        assert "http_request_duration_seconds_count" in httpx.get(f"{api.url}/metrics").text
        assert api.stop(signal.SIGINT) == 0
