"""Spans of the fast path: one for each sampled request, whoever answers it."""

import pytest

from hello.core.traces import current_traceparent
from hello.entities.errors import BusyError
from hello.interface.http.serving.fast_path import FastRequest, FastRoute, FastRoutes
from hello.interface.http.serving.observe import SPAN
from tests.twins.traces import RECORDED, SILENT, TRACE_ID, TwinTracer
from tests.unit.interface.http.serving.test_connection import Wire
from tests.unit.interface.http.serving.test_fast_path import GET, Application, answer, connected, routes_of


def traced_by(traceparent: str) -> bytes:
    return GET.replace(b"\r\n\r\n", b"\r\ntraceparent: %b\r\n\r\n" % traceparent.encode())


async def test_answer_ends_the_span_of_its_route() -> None:
    tracer = TwinTracer()
    connected(routes_of(answer), Application(), Wire(), tracer).data_received(traced_by(RECORDED))
    [span] = tracer.spans
    assert (span.name, span.kind, span.parent) == ("GET /things/{number}", "server", RECORDED)
    assert span.attributes == {"http.response.status_code": 200}


async def test_pipelined_requests_have_spans_of_their_own() -> None:
    tracer = TwinTracer()
    connection = connected(routes_of(answer), Application(), Wire(), tracer)
    connection.data_received(traced_by(RECORDED) + GET.replace(b"/7", b"") + GET)
    assert [span.name for span in tracer.spans] == [
        "GET /things/{number}",
        "GET /things",
        "GET /things/{number}",
    ]
    assert [span.parent for span in tracer.spans] == [RECORDED, None, None]


@pytest.mark.parametrize("given", [RECORDED, SILENT])
async def test_work_belongs_to_the_trace_of_the_request(given: str) -> None:
    seen = list[str | None]()

    def begin(_: FastRequest) -> None:
        seen.append(current_traceparent())

    connected(routes_of(begin), Application(), Wire(), TwinTracer()).data_received(traced_by(given))
    [traceparent] = seen
    assert traceparent
    assert traceparent.split("-")[1] == TRACE_ID
    assert traceparent[-2:] == given[-2:]
    assert current_traceparent() is None


async def test_silent_and_unsampled_requests_have_no_span() -> None:
    tracer = TwinTracer(samples=False)
    connected(routes_of(answer), Application(), Wire(), tracer).data_received(traced_by(SILENT) + GET)
    assert tracer.spans == []


async def test_application_gets_the_span_of_what_it_has_to_answer() -> None:
    app, tracer = Application(), TwinTracer()
    routes = routes_of(lambda request: request.fall_through())
    connected(routes, app, Wire(), tracer).data_received(traced_by(RECORDED))
    assert (await app.asked())["state"][SPAN].parent == RECORDED
    assert tracer.spans == []


async def test_refusal_ends_the_span() -> None:
    tracer = TwinTracer()
    routes = routes_of(lambda request: request.fall_through(BusyError("later")))
    connected(routes, Application(), Wire(), tracer).data_received(traced_by(RECORDED))
    [span] = tracer.spans
    assert (span.name, span.attributes) == ("GET /things/{number}", {"http.response.status_code": 503})


async def test_probe_is_not_traced() -> None:
    tracer, wire, probe = TwinTracer(), Wire(), b"/api/v1/health"
    routes = FastRoutes([FastRoute("GET", probe, probe.decode(), answer)])
    connected(routes, Application(), wire, tracer).data_received(GET.replace(b"/things/7", probe))
    assert wire.written.startswith(b"HTTP/1.1 200 ")
    assert tracer.spans == []
