"""The service is broken for real: the right alert reaches the person on call, and only that one."""

from collections.abc import Iterator

import pytest

from tests.monitoring.faults import FAULTS
from tests.monitoring.system import MonitoredSystem, open_monitored_system
from tests.support.polling import until

pytestmark = [pytest.mark.external, pytest.mark.monitoring, pytest.mark.timeout(300)]
SLO = "vector({})\n        labels: {{slo: {}}}"
LATE = "(rate(event_loop_lag_seconds_bucket[3s]))) > {}"
SOONER = {
    "events_outbox_lag_seconds) > 60": "events_outbox_lag_seconds) > 15",
    "events_outbox_blocked_seconds) > 30": "events_outbox_blocked_seconds) > 1",
    "orders_oldest_due_seconds) > 60": "orders_oldest_due_seconds) > 15",
    "> 0.01\n        for: 2s": "> 0.01\n        for: 0s",
}
"""What is longer than a test may wait; and Overload, so that it comes before its consequences here, too."""
CALMER = {
    'le="0.05"': 'le="0.25"',
    SLO.format(0.99, "latency"): SLO.format(0.95, "latency"),
    SLO.format(0.999, "availability"): SLO.format(0.995, "availability"),
    LATE.format(0.1): LATE.format(1),
}
"""Short windows do not even out the noise of a busy machine."""
SOON_S = 60


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MonitoredSystem]:
    folder = tmp_path_factory.mktemp("monitored")
    folder.chmod(0o755)
    with open_monitored_system(folder, SOONER | CALMER) as system:
        yield system


@pytest.mark.parametrize("alert", FAULTS)
def test_fault_raises_its_alert_and_no_other(system: MonitoredSystem, alert: str) -> None:
    until(lambda: is_calm(system), SOON_S)
    mark = len(system.webhook.received)
    with FAULTS[alert](system):
        until(lambda: alert in names(system, mark, "firing"), SOON_S)
    until(lambda: alert in names(system, mark, "resolved"), SOON_S)
    until(lambda: is_calm(system), SOON_S)
    notices = "\n".join(map(str, system.webhook.since(mark)))
    assert names(system, mark, "firing") == {alert}, notices


def is_calm(system: MonitoredSystem) -> bool:
    return not system.prometheus.alerts("firing") | system.prometheus.alerts("pending")


def names(system: MonitoredSystem, mark: int, status: str) -> set[str]:
    """Return the alerts of which there was notice, but for tickets about a budget.

    An outage that was grave leaves one of them for days, by design.
    """
    notices = [one for one in system.webhook.since(mark) if one.status == status]
    return {one.name for one in notices if not (one.name.endswith("Burn") and one.severity == "ticket")}
