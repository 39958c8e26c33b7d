"""The fast path with a span for each sampled request; without tracing, no connection is of this class."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import TypeAlias

from hello.core.traces import RequestSpan, Tracer
from hello.interface.http.serving.fast_path import ROUTE, TODAY, FastPathConnection, FastRequest
from hello.interface.http.serving.observe import SPAN, traceparent_of
from hello.interface.http.serving.request_cycle import RequestCycle

Begin: TypeAlias = Callable[[FastRequest], None]
STATUS = slice(9, 12)
"""Where the head of an answer has its status."""


class TracedFastPathConnection(FastPathConnection):
    """A span ends with the answer. If the application has to answer, it gets the span."""

    tracer: Tracer

    def _greet(self, request: FastRequest) -> None:
        self._trace(request, super()._greet)

    def _save(self, request: FastRequest) -> None:
        self._trace(request, super()._save)

    def _list(self, request: FastRequest) -> None:
        self._trace(request, super()._list)

    def _trace(self, request: FastRequest, begin: Begin) -> None:
        scope = request.cycle.scope
        span = self.tracer.start_request(traceparent_of(scope["headers"]), request.start)
        if span is None:
            begin(request)
            return
        scope["state"][SPAN] = span
        with span.active():
            begin(request)

    def _greeted(self, request: FastRequest, greeting: str | None, error: Exception | None) -> None:
        with active(request.cycle):
            super()._greeted(request, greeting, error)

    def _saved(self, request: FastRequest, error: Exception | None) -> None:
        with active(request.cycle):
            super()._saved(request, error)

    def _listed(self, request: FastRequest, task: asyncio.Task[tuple[bytes, bytes]]) -> None:
        with active(request.cycle):
            super()._listed(request, task)

    def _answer(self, cycle: RequestCycle, data: bytes) -> None:
        """End the span: this is called for what the fast path answers, and for what is refused."""
        super()._answer(cycle, data)
        span: RequestSpan | None = cycle.scope["state"].pop(SPAN, None)
        if span is not None:
            route = TODAY.decode() if cycle.scope["raw_path"] in self.fast_path.today_paths else ROUTE
            span.answered(cycle.scope["method"], route, int(data[STATUS]))


def active(cycle: RequestCycle) -> AbstractContextManager[None]:
    span: RequestSpan | None = cycle.scope["state"].get(SPAN)
    return nullcontext() if span is None else span.active()
