"""The profiles with another broker than Valkey; run by `make test_compose`, on stand-ins for the images."""

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
