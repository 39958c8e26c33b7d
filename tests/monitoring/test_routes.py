"""Alerts reach the receiver of their severity, and a cause holds back its consequences."""

import json
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

import httpx
import pytest

from tests.monitoring.alertmanager import running_alertmanager
from tests.monitoring.programs import ensure_program
from tests.monitoring.short_windows import ROUTES
from tests.support.polling import until

pytestmark = pytest.mark.monitoring
PAGE, TICKET = {"severity": "page"}, {"severity": "ticket"}
CONSEQUENCES = {
    "Unready": "AvailabilityBurn LatencyBurn FreshnessBurn EventLagBurn DatabasePoolWait TaskDown OutboxLag "
    "OrdersStuck",
    "WorkerMissing": "OrdersStuck EventLagBurn FreshnessBurn OutboxLag SearchLag",
    "BrokerDown": "OutboxLag EventLagBurn CacheDown SearchLag",
    "BrokerFull": "BrokerDown OutboxLag EventLagBurn",
    "OutboxBlocked": "OutboxLag EventLagBurn",
    "OutboxLag": "EventLagBurn SearchLag",
    "SearchDown": "SearchLag EventLagBurn",
    "Overload": "AvailabilityBurn LatencyBurn EventLoopLag",
    "LatencyBurn": "DatabasePoolWait EventLoopLag",
}
INDEPENDENT = "DeadLetters PasswordGuessing StreamDropped"


def run(*command: str | Path) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize(
    ("labels", "receiver"),
    [
        (["alertname=Unready", "severity=page"], "page"),
        (["alertname=AvailabilityBurn", "severity=ticket"], "ticket"),
        (["alertname=Unknown"], "ticket"),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value),
)
def test_an_alert_reaches_the_receiver_of_its_severity(labels: Sequence[str], receiver: str) -> None:
    routed = (ensure_program("amtool"), "config", "routes", "test", f"--config.file={ROUTES}")
    assert run(*routed, *labels).strip() == receiver


@pytest.mark.parametrize("url", ["", "https://on-call.example/page?key=a&b=c|d"])
def test_the_start_script_fills_in_the_addresses(tmp_path: Path, url: str) -> None:
    """A program that checks the configuration with amtool stands in for Alertmanager."""
    program = tmp_path / "alertmanager"
    program.write_text(
        f"#!/bin/sh\n{ensure_program('amtool')} check-config {tmp_path}/alertmanager.yml >&2\n"
    )
    program.chmod(0o755)
    variables = (f"PATH={tmp_path}:/usr/bin:/bin", f"TMPDIR={tmp_path}", f"ALERT_PAGE_URL={url}")
    run("env", *variables, "sh", ROUTES.parent / "start.sh")
    config = (tmp_path / "alertmanager.yml").read_text()
    assert config.count("send_resolved") == (1 if url else 0)
    assert (json.dumps(url) in config) is bool(url)
    assert ".invalid" not in config


@pytest.fixture
def alertmanager(tmp_path: Path) -> Iterator[str]:
    with running_alertmanager(tmp_path, ROUTES) as address:
        yield f"http://{address}/api/v2/alerts"


def fire(url: str, *alerts: dict[str, str]) -> None:
    httpx.post(url, json=[{"labels": labels} for labels in alerts]).raise_for_status()


def inhibited(url: str) -> set[str]:
    found = httpx.get(url).raise_for_status().json()
    return {alert["labels"]["alertname"] for alert in found if alert["status"]["inhibitedBy"]}


def seen(url: str) -> set[str]:
    return {alert["labels"]["alertname"] for alert in httpx.get(url).raise_for_status().json()}


@pytest.mark.parametrize(("cause", "consequences"), CONSEQUENCES.items(), ids=CONSEQUENCES)
def test_a_cause_holds_back_its_consequences_and_nothing_else(
    alertmanager: str, cause: str, consequences: str
) -> None:
    names = {cause, *consequences.split(), *INDEPENDENT.split()}
    fire(alertmanager, *({"alertname": name, **PAGE} for name in names))
    until(lambda: seen(alertmanager) == names)
    until(lambda: inhibited(alertmanager) == set(consequences.split()))


def test_a_page_holds_back_the_ticket_of_the_same_name(alertmanager: str) -> None:
    fire(alertmanager, {"alertname": "FreshnessBurn", **PAGE}, {"alertname": "FreshnessBurn", **TICKET})
    until(lambda: inhibited(alertmanager) == {"FreshnessBurn"})
    found = httpx.get(alertmanager).json()
    assert [alert["labels"]["severity"] for alert in found if alert["status"]["inhibitedBy"]] == ["ticket"]
