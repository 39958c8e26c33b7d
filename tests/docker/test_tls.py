"""The profile `tls` on a real engine: HTTPS with a certificate of Caddy's own authority."""

import ssl
from collections.abc import Iterator

import httpx
import pytest

from tests.docker.stack import PATIENCE_S, QUICK, Stack, removed_at_the_end, write_settings
from tests.support.polling import until

pytestmark = [pytest.mark.external, pytest.mark.compose, pytest.mark.timeout(2 * PATIENCE_S)]
HSTS = "strict-transport-security"
ROOT = "/data/caddy/pki/authorities/local/root.crt"
SETTINGS = QUICK | {
    "COMPOSE_PROFILES": "tls",
    "TRUSTED_PROXIES": "172.16.0.0/12",
    "RATE_LIMIT_ITEMS": "5/minute",
}

OTHER_CLIENT = """
import httpx
client = httpx.Client(verify=False)
name = {"sni_hostname": "localhost"}
print(client.get("https://caddy/api/v1/items", headers={"Host": "localhost"}, extensions=name).status_code)
"""


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    settings = write_settings(tmp_path_factory.mktemp("tls") / "env", SETTINGS)
    with removed_at_the_end(Stack(settings)) as stack:
        stack.up()
        yield stack


@pytest.fixture(scope="module")
def https(stack: Stack) -> Iterator[httpx.Client]:
    """A client that trusts nothing but the authority of this Caddy."""
    until(lambda: stack.tried("exec", "caddy", "test", "-f", ROOT).returncode == 0, PATIENCE_S)
    trust = ssl.create_default_context(cadata=stack.compose("exec", "caddy", "cat", ROOT))
    with httpx.Client(base_url="https://localhost", verify=trust, timeout=20) as client:
        until(lambda: client.get("/api/v1/health/ready").is_success, PATIENCE_S)
        yield client


def test_greeting_is_served_over_https_with_hsts(https: httpx.Client) -> None:
    assert https.put("/hello/Ada", json={"dateOfBirth": "1990-12-10"}).status_code == 204
    answer = https.get("/hello/Ada")
    assert answer.json()["message"].startswith("Hello, Ada!")
    assert answer.headers[HSTS] == "max-age=31536000"


def test_http_redirects_to_https_without_hsts(https: httpx.Client) -> None:
    assert https.base_url.scheme == "https"
    answer = httpx.get("http://localhost/hello/Ada?x=1")
    assert answer.status_code == 308
    assert answer.headers["location"] == "https://localhost/hello/Ada?x=1"
    assert HSTS not in answer.headers


def test_api_itself_sends_no_hsts(stack: Stack) -> None:
    assert HSTS not in httpx.get(f"{stack.url('api', 8000)}/api/v1/health").headers


def test_metrics_are_not_public(https: httpx.Client) -> None:
    assert https.get("/metrics").status_code == 404


def test_limits_count_each_client_whatever_it_says_of_its_address(stack: Stack, https: httpx.Client) -> None:
    statuses = [
        https.get("/api/v1/items", headers={"X-Forwarded-For": f"203.0.113.{number}"}).status_code
        for number in range(10)
    ]
    assert statuses.count(429) == 5
    assert stack.compose("exec", "worker", "python", "-c", OTHER_CLIENT).strip() == "200"
