"""The product with tracing on: an API and a worker that export every trace, and something to order."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from secrets import token_hex
from typing import Protocol, TypeVar

from hello.connectors.embedded.servers import Servers
from tests.support.builders import a_name
from tests.support.http.accounts import client_of
from tests.support.http.orders import SETTINGS, OrderClient, open_order_client
from tests.support.http.running import Running, places, running_api, started

SOON = {"ORDER_CONFIRM_DELAY_S": "0", "ORDER_SHIP_DELAY_S": "0", "TRACING_SAMPLE": "1"}


class AnySpan(Protocol):
    """What spans of all collectors have."""

    @property
    def service(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def span_id(self) -> str: ...
    @property
    def parent_id(self) -> str: ...


AnySpanT = TypeVar("AnySpanT", bound=AnySpan)
Hop = tuple[str, str, str]
"""Service, kind and name of a span."""


@dataclass(frozen=True, slots=True)
class Traced:
    api: Running
    worker: Running
    topic: str
    orders: OrderClient


@contextmanager
def open_traced(servers: Servers, endpoint: str, **environment: str) -> Iterator[Traced]:
    topic = f"test.{a_name()}"
    exported = {"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint, "EVENTS_TOPIC": topic}
    settings = {**SETTINGS, **SOON, **exported, **environment}
    with ExitStack() as stack:
        api = stack.enter_context(running_api(servers, **settings))
        worker = stack.enter_context(
            started("worker", "--port", "0", environment={**places(servers), **settings})
        )
        client = stack.enter_context(client_of(api))
        yield Traced(api, worker, topic, open_order_client(client, client))


def a_caller() -> tuple[str, dict[str, str]]:
    """Return the id of a trace, and the header of a caller who records it."""
    trace_id = token_hex(16)
    return trace_id, {"traceparent": f"00-{trace_id}-{token_hex(8)}-01"}


def path_to_root(spans: Sequence[AnySpanT], last: AnySpanT) -> list[Hop]:
    """Return the span and those that it is within, from the first to the last."""
    by_id: Mapping[str, AnySpanT] = {span.span_id: span for span in spans}
    hops: list[Hop] = []
    span: AnySpanT | None = last
    while span is not None:
        hops.insert(0, (span.service, span.kind, span.name))
        span = by_id.get(span.parent_id)
    return hops


def named(spans: Sequence[AnySpanT], kind: str, name: str) -> list[AnySpanT]:
    return [span for span in spans if (span.kind, span.name) == (kind, name)]
