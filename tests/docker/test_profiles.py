"""Profiles with another broker or a search engine; run by `make test_compose`, on stand-ins for images."""

import re
from pathlib import Path

import httpx
import pytest

from hello.connectors.embedded.termination import wait_until
from tests.docker.stack import PATIENCE_S, QUICK, Stack, removed_at_the_end, wait_until_ready, write_settings
from tests.support.http.orders import open_order_client

pytestmark = [pytest.mark.external, pytest.mark.compose, pytest.mark.timeout(2 * PATIENCE_S)]
HANDLED = re.compile(r'^events_consumed_total\{.*outcome="handled".*\} [1-9]', re.MULTILINE)


@pytest.mark.parametrize(
    ("profile", "url"),
    [("kafka", "kafka://kafka:9092"), ("rabbitmq", "amqp://hello:aeXo2sha@rabbitmq/")],
)
def test_events_reach_their_consumers_through_the_broker(profile: str, url: str, tmp_path: Path) -> None:
    settings = {"COMPOSE_PROFILES": profile, "BROKER_URL": url, "RABBITMQ_PASSWORD": "aeXo2sha"}
    with removed_at_the_end(Stack(write_settings(tmp_path / "env", settings | QUICK))) as stack:
        stack.up()
        assert profile in stack.compose("ps", "--services", "--status=running").split()
        place_an_order(stack.url("api", 8000))
        metrics = f"{stack.url('worker', 8001)}/metrics"
        assert wait_until(lambda: HANDLED.search(httpx.get(metrics).text) is not None, PATIENCE_S)


def place_an_order(url: str) -> None:
    wait_until_ready(url)
    with httpx.Client(base_url=url, timeout=20) as client:
        open_order_client(client, client).ordered()


def test_search_engine_finds_what_its_consumer_indexes(tmp_path: Path) -> None:
    """The worker makes the index at its start, so that is what the first search waits for."""
    settings = {"COMPOSE_PROFILES": "search", "SEARCH_URL": "http://opensearch:9200"}
    with removed_at_the_end(Stack(write_settings(tmp_path / "env", settings | QUICK))) as stack:
        stack.up()
        url = stack.url("api", 8000)
        place_an_order(url)
        assert wait_until(lambda: found_by(url) == "opensearch", PATIENCE_S)


def found_by(url: str) -> str | None:
    answer = httpx.get(f"{url}/api/v1/search/items", params={"q": "kite"}, timeout=20).json()
    return answer["engine"] if answer["items"] else None
