"""Metrics on a port of their own, of one API process and of several."""

import httpx
import pytest

from hello.connectors.embedded.servers import Servers
from tests.support.builders import a_name
from tests.support.http.running import running_api

pytestmark = pytest.mark.external
GREETED = 'http_request_duration_seconds_count{method="GET",route="/hello/{username}",status="404"}'


@pytest.mark.parametrize("workers", ["1", "2"])
def test_metrics_port_shows_all_workers_and_the_api_port_shows_none(
    servers: Servers, unused_tcp_port: int, workers: str
) -> None:
    with running_api(servers, "--workers", workers, METRICS_PORT=str(unused_tcp_port)) as api:
        for _ in range(20):
            assert httpx.get(f"{api.url}/hello/{a_name()}").status_code == 404
        assert httpx.get(f"{api.url}/metrics").status_code == 404
        assert httpx.get(f"{api.url}/api/v1/health").status_code == 200
        shown = httpx.get(f"http://127.0.0.1:{unused_tcp_port}/metrics").text
        assert f"{GREETED} 20.0" in shown


def test_port_that_is_taken_is_one_line(servers: Servers, unused_tcp_port: int) -> None:
    with (
        running_api(servers, METRICS_PORT=str(unused_tcp_port)),
        pytest.raises(AssertionError) as failed,
        running_api(servers, METRICS_PORT=str(unused_tcp_port)),
    ):
        pass
    printed = str(failed.value).splitlines()[1:]
    assert printed == [
        f"hello: METRICS_PORT: cannot listen on 127.0.0.1:{unused_tcp_port}: Address already in use"
    ]
