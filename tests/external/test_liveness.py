"""The health check of the image, beside real processes."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from hello.connectors.embedded.servers import Servers
from tests.support.http.running import Running, places, running_api, started
from tests.support.polling import until

pytestmark = pytest.mark.external
UNUSED = "1"


@pytest.fixture(params=["PORT", "WORKER_PORT"])
def process(request: pytest.FixtureRequest, servers: Servers) -> Iterator[tuple[str, Running]]:
    """The variable of a port, and what listens there."""
    if request.param == "PORT":
        with running_api(servers) as api:
            yield request.param, api
    else:
        with started("worker", "--port", "0", environment=places(servers)) as worker:
            yield request.param, worker


def is_alive(**ports: str) -> bool:
    checked = subprocess.run(
        [sys.executable, "-m", "hello.entrypoints.liveness"],
        env=os.environ | {"PORT": UNUSED, "WORKER_PORT": UNUSED} | ports,
        check=False,
    )
    return checked.returncode == 0


def test_liveness_check_asks_the_port_of_the_process(process: tuple[str, Running]) -> None:
    variable, running = process
    until(lambda: is_alive(**{variable: str(urlsplit(running.url).port)}))


def test_a_process_that_does_not_answer_is_not_alive(process: tuple[str, Running]) -> None:
    variable, running = process
    running.process.send_signal(signal.SIGSTOP)
    try:
        assert not is_alive(**{variable: str(urlsplit(running.url).port)})
    finally:
        running.process.send_signal(signal.SIGCONT)


def test_a_port_without_a_process_is_not_alive() -> None:
    assert not is_alive()
