"""The fast path with a span for each sampled request; without tracing, no connection is of this class."""

from contextlib import AbstractContextManager, nullcontext

from hello.core.traces import RequestSpan, Tracer
from hello.interface.http.paths import PROBES
from hello.interface.http.serving.fast_path import FastAnswer, FastPathConnection, FastRequest, FastRoute
from hello.interface.http.serving.observe import SPAN, traceparent_of
from hello.interface.http.serving.request_cycle import RequestCycle

STATUS = slice(9, 12)
"""Where the head of an answer has its status."""


class TracedFastPathConnection(FastPathConnection):
    """A span ends with the answer. If the application has to answer, it gets the span."""

    tracer: Tracer
    route = ""
    """The template of the path of the request that has been taken."""

    def begin(self, route: FastRoute, request: FastRequest) -> None:
        scope = request.cycle.scope
        self.route = route.template
        span = None
        if not scope["path"].endswith(PROBES):
            span = self.tracer.start_request(traceparent_of(scope["headers"]), request.start)
        if span is None:
            super().begin(route, request)
            return
        scope["state"][SPAN] = span
        with span.active():
            super().begin(route, request)

    def answer(self, request: FastRequest, kind: FastAnswer, data: bytes, request_id: str) -> None:
        with active(request.cycle):
            super().answer(request, kind, data, request_id)

    def _answer(self, cycle: RequestCycle, data: bytes) -> None:
        """End the span: this is called for what the fast path answers, and for what is refused."""
        super()._answer(cycle, data)
        span: RequestSpan | None = cycle.scope["state"].pop(SPAN, None)
        if span is not None:
            span.answered(cycle.scope["method"], self.route, int(data[STATUS]))


def active(cycle: RequestCycle) -> AbstractContextManager[None]:
    span: RequestSpan | None = cycle.scope["state"].get(SPAN)
    return nullcontext() if span is None else span.active()
