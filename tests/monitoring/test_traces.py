"""One trace, read back from a real Jaeger: from a request to its last effect, on each broker."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest

from hello.connectors.embedded.servers import Servers
from tests.brokers.kafka import running_kafka
from tests.brokers.rabbitmq import running_rabbitmq
from tests.monitoring.jaeger import Jaeger, JaegerSpan, running_jaeger
from tests.search.engine import running_engine
from tests.support.http.orders import ITEMS
from tests.support.http.traced import Traced, a_caller, named, open_traced, path_to_root

pytestmark = [pytest.mark.monitoring, pytest.mark.timeout(600)]
BULK = "POST _bulk"


@pytest.fixture(scope="module")
def jaeger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Jaeger]:
    with running_jaeger(tmp_path_factory.mktemp("jaeger")) as jaeger:
        yield jaeger


@pytest.fixture(scope="module")
def search_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_engine("elasticsearch", tmp_path_factory.mktemp("engine")) as engine:
        yield engine.url


@pytest.fixture(scope="module", params=["redis", "kafka", "rabbitmq"])
def traced(
    request: pytest.FixtureRequest,
    servers: Servers,
    jaeger: Jaeger,
    search_url: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Traced]:
    with ExitStack() as stack:
        folder = tmp_path_factory.mktemp(request.param)
        url = broker_url(stack, request.param, servers, folder)
        yield stack.enter_context(
            open_traced(servers, jaeger.endpoint, BROKER_URL=url, SEARCH_URL=search_url)
        )


def broker_url(stack: ExitStack, broker: str, servers: Servers, folder: Path) -> str:
    match broker:
        case "kafka":
            return stack.enter_context(running_kafka(folder)).url
        case "rabbitmq":
            return stack.enter_context(running_rabbitmq(folder)).url
        case _:
            return servers.redis_url


def test_order_is_one_trace_from_the_request_to_the_gift(traced: Traced, jaeger: Jaeger) -> None:
    trace_id, header = a_caller()
    wanted = traced.orders.wanted(recipient=traced.orders.john)
    assert traced.orders.order(wanted, **header).status_code == 201
    spans = jaeger.wait_for(trace_id, lambda spans: is_served(spans) and gifts(spans))
    assert path_to_root(spans, gifts(spans)[0]) == [
        ("hello-api", "server", "POST /api/v1/orders"),
        ("hello-worker", "producer", f"send {traced.topic}"),
        ("hello-worker", "consumer", "process gifts"),
        ("hello-worker", "client", "INSERT"),
    ]


def test_item_is_one_trace_from_the_request_to_the_search_engine(traced: Traced, jaeger: Jaeger) -> None:
    trace_id, header = a_caller()
    headers = traced.orders.ada.headers | header
    answer = traced.orders.client.post(ITEMS, json={"title": "A drum"}, headers=headers)
    assert answer.status_code == 201
    spans = jaeger.wait_for(trace_id, lambda spans: is_served(spans) and named(spans, "client", BULK))
    assert path_to_root(spans, named(spans, "client", BULK)[0]) == [
        ("hello-api", "server", "POST /api/v1/items"),
        ("hello-worker", "producer", f"send {traced.topic}"),
        ("hello-worker", "consumer", "process search"),
        ("hello-worker", "client", BULK),
    ]


def is_served(spans: Sequence[JaegerSpan]) -> bool:
    return any(span.kind == "server" for span in spans)


def gifts(spans: Sequence[JaegerSpan]) -> list[JaegerSpan]:
    """Return the statements that count gifts."""
    return [span for span in spans if "INTO gifts_received" in span.tags.get("db.query.text", "")]
