"""The metric gate, as a pipeline calls it, beside a real Prometheus."""

from collections.abc import Iterator

import pytest

from tests.monitoring.faults import FAULTS
from tests.monitoring.system import MonitoredSystem, open_monitored_system
from tests.monitoring.test_alerts import CALMER, is_calm
from tests.support.cli import run_hello
from tests.support.polling import until

pytestmark = [pytest.mark.external, pytest.mark.monitoring, pytest.mark.timeout(300)]
GATE = "release", "check", "--every", "2s", "--min-events", "20", "--max-burn-rate", "20"
SOON_S = 60


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MonitoredSystem]:
    folder = tmp_path_factory.mktemp("released")
    folder.chmod(0o755)
    with open_monitored_system(folder, CALMER) as system:
        yield system


def test_release_that_works_is_good_and_one_that_fails_is_bad(system: MonitoredSystem) -> None:
    until(lambda: is_calm(system), SOON_S)
    good = run_hello(*GATE, "--prometheus", system.prometheus.url, "--for", "10s")
    assert good.returncode == 0, good.stdout + good.stderr
    with FAULTS["AvailabilityBurn"](system):
        failed = run_hello(*GATE, "--prometheus", system.prometheus.url, "--for", "50s")
    assert failed.returncode == 1, failed.stdout + failed.stderr
    assert "availability" in failed.stdout


def test_process_of_another_version_is_bad(system: MonitoredSystem) -> None:
    until(lambda: is_calm(system), SOON_S)
    gate = (*GATE, "--prometheus", system.prometheus.url, "--for", "4s", "--version")
    assert run_hello(*gate, "9.9.9").returncode == 1
    ours = run_hello(*gate, "0.1.0")
    assert ours.returncode == 0, ours.stdout + ours.stderr


def test_verdict_without_prometheus_is_unknown() -> None:
    done = run_hello(*GATE, "--prometheus", "http://127.0.0.1:1", "--for", "4s")
    assert done.returncode == 2
    assert "Prometheus cannot be asked" in done.stderr
