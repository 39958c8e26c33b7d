"""One trace from a request to its last effect, as the processes of the service export it."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

import httpx
import pytest

from hello.connectors.embedded.servers import Servers
from tests.support.builders import a_name
from tests.support.collector import Collector, Span, open_collector
from tests.support.http.accounts import FULL_NAME
from tests.support.http.birthdays import LIST_PATHS, born, save_birthday
from tests.support.http.orders import ORDERS
from tests.support.http.traced import Traced, a_caller, named, open_traced, path_to_root

pytestmark = pytest.mark.integrated
FIND, SAVE, LOOKUP = "batch find", "batch save", "SELECT"


@dataclass(frozen=True, slots=True)
class Shop:
    collector: Collector
    traced: Traced

    @property
    def client(self) -> httpx.Client:
        return self.traced.orders.client


@pytest.fixture(scope="module", params=["on", "off"])
def shop(request: pytest.FixtureRequest, servers: Servers) -> Iterator[Shop]:
    """With the fast path and without it: traces must not differ."""
    with ExitStack() as stack:
        collector = stack.enter_context(open_collector())
        traced = stack.enter_context(open_traced(servers, collector.url, FAST_PATH=request.param))
        yield Shop(collector, traced)


def test_order_is_one_trace_from_the_request_to_the_gift(shop: Shop) -> None:
    trace_id, header = a_caller()
    wanted = shop.traced.orders.wanted(recipient=shop.traced.orders.john)
    assert shop.traced.orders.order(wanted, **header).status_code == 201
    spans = shop.collector.wait_for(trace_id, lambda spans: is_served(spans) and gifts(spans))
    assert path_to_root(spans, gifts(spans)[0]) == [
        ("hello-api", "server", f"POST {ORDERS}"),
        ("hello-worker", "producer", f"send {shop.traced.topic}"),
        ("hello-worker", "consumer", "process gifts"),
        ("hello-worker", "client", "INSERT"),
    ]
    sent = [span.attributes["cloudevents.event_type"] for span in spans if span.kind == "producer"]
    assert sorted(sent) == ["order.confirmed", "order.created", "order.shipped"]


def test_greeting_is_a_request_a_batch_and_a_statement(shop: Shop) -> None:
    name = shop.traced.orders.john
    trace_id, header = a_caller()
    assert shop.client.get(f"/hello/{name}", headers=header).status_code == 200
    spans = shop.collector.wait_for(trace_id, is_served)
    [statement] = named(spans, "client", LOOKUP)
    assert path_to_root(spans, statement) == [
        ("hello-api", "server", "GET /hello/{username}"),
        ("hello-api", "internal", FIND),
        ("hello-api", "client", LOOKUP),
    ]
    [request] = [span for span in spans if span.kind == "server"]
    assert request.attributes["http.response.status_code"] == "200"
    assert not request.is_error


def test_saved_person_is_one_trace(shop: Shop) -> None:
    trace_id, header = a_caller()
    body = {"dateOfBirth": "1990-05-17"}
    assert shop.client.put(f"/hello/{a_name()}", json=body, headers=header).status_code == 204
    spans = shop.collector.wait_for(trace_id, is_served)
    [statement] = named(spans, "client", "WITH")
    assert path_to_root(spans, statement)[:2] == [
        ("hello-api", "server", "PUT /hello/{username}"),
        ("hello-api", "internal", SAVE),
    ]


def test_unknown_user_is_one_span_with_its_status(shop: Shop) -> None:
    """The fast path begins it, and the application answers."""
    trace_id, header = a_caller()
    assert shop.client.get(f"/hello/{a_name()}", headers=header).status_code == 404
    spans = shop.collector.wait_for(trace_id, is_served)
    [request] = [span for span in spans if span.kind == "server"]
    assert (request.name, request.attributes["http.response.status_code"]) == ("GET /hello/{username}", "404")
    assert named(spans, "internal", FIND)


def test_todays_list_shows_the_cache(shop: Shop) -> None:
    save_birthday(shop.client, a_name(), born(0))
    trace_id, header = a_caller()
    assert shop.client.get(LIST_PATHS[0], headers=header).status_code == 200
    spans = shop.collector.wait_for(trace_id, is_served)
    cached = [span for span in spans if span.attributes.get("db.system.name") == "redis"]
    assert cached
    assert path_to_root(spans, cached[0])[0] == ("hello-api", "server", f"GET {LIST_PATHS[0]}")


def test_caller_who_does_not_record_gets_no_span(shop: Shop) -> None:
    silent, header = a_caller()
    header["traceparent"] = header["traceparent"][:-1] + "0"
    recorded, other = a_caller()
    for headers in (header, other):
        assert shop.client.get(f"/hello/{shop.traced.orders.john}", headers=headers).status_code == 200
        assert shop.client.get(ORDERS, headers=shop.traced.orders.ada.headers | headers).status_code == 200
    shop.collector.wait_for(recorded, lambda spans: len([one for one in spans if one.kind == "server"]) == 2)
    assert shop.collector.of(silent) == []


def test_probes_and_tasks_begin_no_trace(shop: Shop) -> None:
    for path in ("/metrics", "/api/v1/health", "/api/v1/health/ready"):
        assert shop.client.get(path).status_code == 200
    trace_id, header = a_caller()
    assert shop.client.get("/api/v1/nothing", headers=header).status_code == 404
    shop.collector.wait_for(trace_id, is_served)
    first = {(span.kind, span.name) for span in shop.collector.spans if not span.parent_id}
    assert not {name for kind, name in first if "health" in name or "metrics" in name}
    assert {kind for kind, _ in first} == {"server"}
    assert ("server", "GET unmatched") in {(span.kind, span.name) for span in shop.collector.of(trace_id)}


def test_spans_hold_no_personal_data(shop: Shop) -> None:
    """Every test of this module has sent some before, as names are random."""
    orders = shop.traced.orders
    trace_id, header = a_caller()
    secret = a_name()
    taken = orders.ada.account["email"]
    register = {"email": taken, "password": f"pass {secret}", "full_name": f"Name {secret}"}
    assert shop.client.post("/api/v1/users/register", json=register, headers=header).status_code == 409
    query = {"q": f"query{secret}"}
    assert shop.client.get("/api/v1/search/items", params=query, headers=header).status_code == 200
    spans = shop.collector.wait_for(
        trace_id, lambda spans: len([one for one in spans if one.kind == "server"]) == 2
    )
    assert len(spans) > 2
    everything = "\n".join(span.text for span in shop.collector.spans)
    personal = [secret, taken, taken.lower(), orders.john, FULL_NAME, orders.ada.refresh_token, "A kite"]
    assert [text for text in personal if text in everything] == []


def is_served(spans: Sequence[Span]) -> bool:
    return any(span.kind == "server" for span in spans)


def gifts(spans: Sequence[Span]) -> list[Span]:
    """Return the statements that count gifts."""
    return [span for span in spans if "INTO gifts_received" in span.attributes.get("db.query.text", "")]
