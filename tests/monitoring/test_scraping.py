"""A real Prometheus reads the expositions of the API and of the worker."""

import pytest

from tests.monitoring.prometheus import Prometheus, Targets
from tests.support.polling import until

pytestmark = [pytest.mark.external, pytest.mark.monitoring]


@pytest.mark.usefixtures("loaded")
def test_prometheus_scrapes_the_api_and_the_worker(prometheus: Prometheus, targets: Targets) -> None:
    up = {address: "up" for addresses in targets.values() for address in addresses}
    until(lambda: prometheus.health() == up)
    until(
        lambda: bool(prometheus.query('sum(rate(http_request_duration_seconds_count{status="200"}[5s])) > 0'))
    )
