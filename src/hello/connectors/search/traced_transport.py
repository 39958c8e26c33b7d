"""Requests to the search engine as spans, whose context they carry."""

from collections.abc import Collection, Mapping
from typing import Any

from opensearchpy import AsyncTransport

from hello.core.traces import Kind, Tracer, current_traceparent


def traced_transport(tracer: Tracer) -> type[AsyncTransport]:
    """Return the class of transport that the client makes one of."""

    class TracedTransport(AsyncTransport):
        async def perform_request(  # noqa: PLR0913, PLR0917  # the client's own
            self,
            method: str,
            url: str,
            params: Mapping[str, Any] | None = None,
            body: bytes | None = None,
            timeout: float | None = None,  # noqa: ASYNC109
            ignore: Collection[int] = (),
            headers: Mapping[str, str] | None = None,
        ) -> Any:  # noqa: ANN401
            trace, operation = current_traceparent(), operation_of(url)
            if trace is None:
                return await super().perform_request(method, url, params, body, timeout, ignore, headers)
            about = {
                "db.system.name": "opensearch",
                "db.operation.name": operation,
                "http.request.method": method,
            }
            with tracer.span(f"{method} {operation}", Kind.CLIENT, trace, about):
                sent = {**(headers or {}), "traceparent": current_traceparent() or trace}
                return await super().perform_request(method, url, params, body, timeout, ignore, sent)

    return TracedTransport


def operation_of(url: str) -> str:
    """Return the part of a path that names the operation; the others are names of indexes and ids."""
    return next((part for part in reversed(url.split("/")) if part.startswith("_")), "index")
