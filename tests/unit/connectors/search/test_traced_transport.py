"""Requests to the search engine as spans, and what the engine learns of the trace."""

from typing import Any

import pytest
from opensearchpy import AsyncOpenSearch, Connection

from hello.connectors.search.traced_transport import operation_of, traced_transport
from hello.core.traces import traced
from tests.twins.traces import RECORDED, TwinTracer


class Engine(Connection):
    """Takes every request, and remembers its headers."""

    def __init__(self, *, seen: list[dict[str, str]], **options: Any) -> None:  # noqa: ANN401
        super().__init__(**options)
        self.seen = seen

    async def perform_request(  # noqa: PLR0913, PLR0917  # the client's own
        self,
        method: str,  # noqa: ARG002
        url: str,  # noqa: ARG002
        params: Any = None,  # noqa: ANN401, ARG002
        body: Any = None,  # noqa: ANN401, ARG002
        timeout: Any = None,  # noqa: ANN401, ARG002, ASYNC109
        ignore: Any = (),  # noqa: ANN401, ARG002
        headers: Any = None,  # noqa: ANN401
    ) -> tuple[int, dict[str, str], str]:
        self.seen.append(dict(headers or {}))
        return 200, {"content-type": "application/json"}, "{}"

    async def close(self) -> None:
        """Have nothing to close."""


async def test_request_within_a_trace_is_a_span_whose_context_it_carries() -> None:
    tracer, seen = TwinTracer(), list[dict[str, str]]()
    client = AsyncOpenSearch(transport_class=traced_transport(tracer), connection_class=Engine, seen=seen)
    with traced(RECORDED):
        await client.search(index="hello-items", body={"query": {"match": {"title": "kite"}}})
    await client.search(index="hello-items")
    [span] = tracer.spans
    assert (span.name, span.kind, span.parent) == ("POST _search", "client", RECORDED)
    assert "kite" not in repr(span)
    assert [headers.get("traceparent") for headers in seen] == [span.traceparent, None]


@pytest.mark.parametrize(
    ("url", "operation"),
    [
        ("/hello-items/_search", "_search"),
        ("/_bulk", "_bulk"),
        ("/hello-items/_doc/Ada", "_doc"),
        ("/hello-items", "index"),
        ("/_cluster/health", "_cluster"),
    ],
)
def test_span_is_named_by_the_operation_only(url: str, operation: str) -> None:
    assert operation_of(url) == operation
