"""The profile `monitoring` on a real engine, without Grafana and Jaeger, which no distribution has."""

from collections.abc import Iterator

import httpx
import pytest

from hello.connectors.embedded.termination import wait_until
from tests.docker.stack import (
    BASE,
    OVERRIDE,
    PATIENCE_S,
    QUICK,
    Stack,
    docker,
    removed_at_the_end,
    write_settings,
)

pytestmark = [pytest.mark.external, pytest.mark.compose, pytest.mark.timeout(2 * PATIENCE_S)]
SERVICES = ("prometheus", "alertmanager", "postgres-exporter", "valkey-exporter")
JOBS = {"hello-api", "hello-worker", "postgres", "valkey", "prometheus", "alertmanager"}
WEBHOOK = "http://webhook.example/page?key=a&b"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    settings = write_settings(tmp_path_factory.mktemp("monitoring") / "env", QUICK)
    variables = {"COMPOSE_PROFILES": "monitoring", "ALERT_PAGE_URL": WEBHOOK}
    with removed_at_the_end(Stack(settings, (BASE, OVERRIDE), variables)) as stack:
        stack.compose("up", "--detach", "--wait", "api", "worker", *SERVICES)
        yield stack


def targets(stack: Stack) -> dict[str, str]:
    url = f"{stack.url('prometheus', 9090)}/api/v1/targets?state=active"
    active = httpx.get(url, timeout=5).json()["data"]["activeTargets"]
    return {target["labels"]["job"]: target["health"] for target in active}


def test_prometheus_scrapes_every_process_and_server(stack: Stack) -> None:
    everything = dict.fromkeys(JOBS, "up")
    assert wait_until(lambda: targets(stack) == everything, PATIENCE_S), targets(stack)


def test_prometheus_reaches_alertmanager(stack: Stack) -> None:
    url = f"{stack.url('prometheus', 9090)}/api/v1/alertmanagers"
    active = httpx.get(url, timeout=5).json()["data"]["activeAlertmanagers"]
    assert [manager["url"] for manager in active] == ["http://alertmanager:9093/api/v2/alerts"]


def test_a_receiver_without_an_address_has_none(stack: Stack) -> None:
    status = httpx.get(f"{stack.url('alertmanager', 9093)}/api/v2/status", timeout=5).json()
    config = status["config"]["original"]
    assert config.count("webhook_configs") - config.count("url: <secret>") <= 1
    assert ".invalid" not in config


def test_containers_have_no_privileges_and_read_only_files(stack: Stack) -> None:
    hardened = "{{.HostConfig.ReadonlyRootfs}} {{.HostConfig.CapDrop}} {{.HostConfig.SecurityOpt}}"
    for service in SERVICES:
        found = docker("inspect", "--format", hardened, stack.container(service))
        assert found == "true [ALL] [no-new-privileges:true]", service
