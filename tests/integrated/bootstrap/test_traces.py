"""One trace from a request to its last effect, exported by the processes of the service."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

import pytest

from hello.connectors.embedded.servers import Servers
from tests.support.builders import a_name
from tests.support.collector import Collector, Span, open_collector
from tests.support.http.accounts import client_of
from tests.support.http.orders import SETTINGS, OrderClient, open_order_client
from tests.support.http.running import Running, places, running_api, started

pytestmark = pytest.mark.integrated
CALLER = "0af7651916cd43dd8448eb211c80319c"
SOON = {"ORDER_CONFIRM_DELAY_S": "0", "ORDER_SHIP_DELAY_S": "0"}
RECORDED = {"traceparent": f"00-{CALLER}-b7ad6b7169203331-01"}


@dataclass(frozen=True, slots=True)
class Traced:
    """An API and a worker that export every trace, and a client with something to order."""

    collector: Collector
    topic: str
    api: Running
    worker: Running
    orders: OrderClient


@pytest.fixture(scope="module")
def traced(servers: Servers) -> Iterator[Traced]:
    with ExitStack() as stack:
        collector, topic = stack.enter_context(open_collector()), f"test.{a_name()}"
        settings = (
            SETTINGS
            | SOON
            | {
                "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
                "TRACING_SAMPLE": "1",
                "EVENTS_TOPIC": topic,
            }
        )
        api = stack.enter_context(running_api(servers, **settings))
        worker = stack.enter_context(started("worker", "--port", "0", environment=places(servers) | settings))
        client = stack.enter_context(client_of(api))
        yield Traced(collector, topic, api, worker, open_order_client(client, client))


def test_order_is_one_trace_from_the_request_to_the_effect_of_its_last_event(traced: Traced) -> None:
    recipient = traced.orders.john
    answer = traced.orders.order(traced.orders.wanted(recipient=recipient), **RECORDED)
    assert answer.status_code == 201
    spans = traced.collector.wait_for(CALLER, is_counted)
    by_id = {span.span_id: span for span in spans}
    [effect] = [span for span in spans if is_gift(span)]
    assert names_up_to_the_root(by_id, effect) == [
        ("hello-worker", "client", "INSERT"),
        ("hello-worker", "consumer", "process gifts"),
        ("hello-worker", "producer", f"send {traced.topic}"),
        ("hello-api", "server", "POST /api/v1/orders"),
    ]


def is_gift(span: Span) -> bool:
    return "gifts" in span.attributes.get("db.query.text", "")


def is_counted(spans: Sequence[Span]) -> bool:
    return any(map(is_gift, spans)) and any(span.kind == "server" for span in spans)


def names_up_to_the_root(by_id: dict[str, Span], span: Span | None) -> list[tuple[str, str, str]]:
    names = []
    while span is not None:
        names.append((span.service, span.kind, span.name))
        span = by_id.get(span.parent_id)
    return names
