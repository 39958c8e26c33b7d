"""A collector of traces that is missing, hangs or is killed harms no request, and is one line of the log."""

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager

import httpx
import pytest

from hello.connectors.embedded.servers import Servers
from tests.support.builders import a_name
from tests.support.collector import open_collector
from tests.support.http.accounts import client_of
from tests.support.http.birthdays import save_birthday
from tests.support.http.running import Running, running_api
from tests.support.polling import until
from tests.support.programs.ports import HOST, free_port

pytestmark = pytest.mark.integrated
REQUESTS, DROPPED = 300, "spans are dropped"
SLOW_S, END_S = 1, 8
"""No request waits for a collector, which has five seconds, and the end of the process only for three."""


@contextmanager
def missing() -> Iterator[str]:
    yield f"http://{HOST}:{free_port()}"


@contextmanager
def hanging() -> Iterator[str]:
    with open_collector() as collector:
        collector.is_going.clear()
        yield collector.url


@pytest.mark.parametrize("collector", [missing, hanging])
def test_requests_are_answered_while_there_is_no_collector(
    servers: Servers, collector: Callable[[], AbstractContextManager[str]]
) -> None:
    with collector() as url, tracing_api(servers, url) as api, client_of(api) as client:
        durations = answered(client)
        until(lambda: DROPPED in "".join(api.printed))
        durations += answered(client)
        assert max(durations) < SLOW_S
        start = time.monotonic()
        assert api.stop(signal.SIGTERM) == 0
        assert time.monotonic() - start < END_S
        lines = [line for line in api.printed if "opentelemetry" in line or DROPPED in line]
    assert len(lines) == 1, lines


def test_requests_go_on_when_the_collector_is_killed_and_comes_back(servers: Servers) -> None:
    with open_collector() as collector, tracing_api(servers, collector.url) as api, client_of(api) as client:
        answered(client)
        until(lambda: bool(collector.spans))
        collector.is_going.clear()
        assert max(answered(client)) < SLOW_S
        collector.is_going.set()
        name = a_name()
        header = {"traceparent": f"00-{'c' * 32}-b7ad6b7169203331-01"}
        assert client.get(f"/hello/{name}", headers=header).status_code == 404
        until(lambda: bool(collector.of("c" * 32)))


def test_requests_go_on_when_the_collector_is_gone_for_good(servers: Servers) -> None:
    with ExitStack() as stack:
        collecting = stack.enter_context(ExitStack())
        collector = collecting.enter_context(open_collector())
        api = stack.enter_context(tracing_api(servers, collector.url))
        client = stack.enter_context(client_of(api))
        answered(client)
        until(lambda: bool(collector.spans))
        collecting.close()
        assert max(answered(client)) < SLOW_S
        until(lambda: DROPPED in "".join(api.printed))
        assert max(answered(client)) < SLOW_S


def tracing_api(servers: Servers, url: str) -> AbstractContextManager[Running]:
    return running_api(servers, OTEL_EXPORTER_OTLP_ENDPOINT=url, TRACING_SAMPLE="1")


def answered(client: httpx.Client) -> list[float]:
    """Return how long each answer took, in seconds."""
    name = a_name()
    assert save_birthday(client, name, "1990-05-17").status_code == 204
    answers = [client.get(f"/hello/{name}") for _ in range(REQUESTS)]
    assert {answer.status_code for answer in answers} == {200}
    return [answer.elapsed.total_seconds() for answer in answers]
