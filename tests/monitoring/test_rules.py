"""promtool and amtool accept the rules, their tests and the routes; run by `make test_monitoring`."""

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.support.paths import REPOSITORY

pytestmark = pytest.mark.monitoring
MONITORING = REPOSITORY / "monitoring"
PROMETHEUS = MONITORING / "prometheus"
ROUTES = MONITORING / "alertmanager" / "alertmanager.yml"
TESTS = sorted((PROMETHEUS / "tests").glob("*.yml"))


def assert_succeeds(*command: str | Path) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_promtool_accepts_the_configuration_and_the_rules() -> None:
    output = assert_succeeds("promtool", "check", "config", PROMETHEUS / "prometheus.yml")
    assert output.count("rules found") >= len(list((PROMETHEUS / "rules").glob("*.yml")))


@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.stem)
def test_promtool_sees_every_alert_fire_stay_quiet_and_resolve(path: Path) -> None:
    assert_succeeds("promtool", "test", "rules", path)


def test_amtool_accepts_the_routes() -> None:
    assert_succeeds("amtool", "check-config", ROUTES)


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
    routed = ("amtool", "config", "routes", "test", f"--config.file={ROUTES}")
    assert assert_succeeds(*routed, *labels).strip() == receiver


@pytest.mark.parametrize("url", ["", "https://on-call.example/page?key=a&b=c|d"])
def test_the_start_script_fills_in_the_addresses(tmp_path: Path, url: str) -> None:
    """A program that checks the configuration with amtool stands in for Alertmanager."""
    program = tmp_path / "alertmanager"
    program.write_text(f"#!/bin/sh\namtool check-config {tmp_path}/alertmanager.yml >&2\n")
    program.chmod(0o755)
    variables = (f"PATH={tmp_path}:/usr/bin:/bin", f"TMPDIR={tmp_path}", f"ALERT_PAGE_URL={url}")
    assert_succeeds("env", *variables, "sh", ROUTES.parent / "start.sh")
    config = (tmp_path / "alertmanager.yml").read_text()
    assert config.count("send_resolved") == (1 if url else 0)
    assert (json.dumps(url) in config) is bool(url)
    assert ".invalid" not in config
