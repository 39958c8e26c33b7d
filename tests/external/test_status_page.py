"""The status page over HTTP: ready, degraded and unready."""

import httpx
import pytest

from hello.connectors.embedded.servers import Servers
from tests.support.http.accounts import PASSWORD, an_email, client_of, register
from tests.support.http.running import places, running_api, started

pytestmark = pytest.mark.external
NOWHERE = {"DATABASE_URL": "postgresql://hello@127.0.0.1:1/hello", "REDIS_URL": "redis://127.0.0.1:1"}


def test_status_shows_checks_objectives_lag_and_version(client: httpx.Client) -> None:
    answer, version = client.get("/status"), client.get("/version").json()
    assert answer.status_code == 200
    for text in ("Everything works.", "Database", "Cache", "99.9 %", "Oldest event to publish"):
        assert text in answer.text
    for value in version.values():
        assert value in answer.text


def test_status_without_the_cache_is_degraded(servers: Servers) -> None:
    with running_api(servers, REDIS_URL=NOWHERE["REDIS_URL"]) as api, client_of(api) as client:
        answer = client.get("/status")
    assert answer.status_code == 200
    assert "Works, but without the cache." in answer.text


def test_status_without_the_database_is_a_whole_page_with_503(servers: Servers) -> None:
    """Also with a session's cookie, which only the database can check."""
    with running_api(servers) as api, client_of(api, Origin=api.url) as client:
        email = an_email()
        register(client, email)
        client.post("/login", data={"email": email, "password": PASSWORD})
        cookies = dict(client.cookies)
        assert "Ada Lovelace" in client.get("/status").text
    without = places(servers) | {"DATABASE_URL": NOWHERE["DATABASE_URL"]}
    with started("api", "--port", "0", environment=without) as api, client_of(api) as client:
        answer = client.get("/status", headers={"Cookie": "; ".join(map("=".join, cookies.items()))})
    assert answer.status_code == 503
    for text in ("Not available: the database cannot be used.", "Not known: the database does not answer."):
        assert text in answer.text
    assert "Ada Lovelace" not in answer.text
