"""A batch is one span, a child of the first sampled request in it, and linked to the others."""

import asyncio
from collections.abc import Mapping

import pytest

from hello.core.batching import Batcher, Bounds
from hello.core.traced_batching import TracedBatcher
from hello.core.traces import current_traceparent, traced
from tests.twins.traces import RECORDED, SILENT, TwinTracer, another


class Call:
    """Remembers the trace of each call; calls wait while the gate is closed."""

    def __init__(self) -> None:
        self.traces: list[str | None] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.error: Exception | None = None

    async def __call__(self, items: Mapping[str, int]) -> Mapping[str, int]:
        self.traces.append(current_traceparent())
        await self.gate.wait()
        if self.error:
            raise self.error
        return items


def batching(call: Call, tracer: TwinTracer, bounds: Bounds | None = None) -> TracedBatcher[str, int, int]:
    return TracedBatcher(call, bounds or Bounds(), lambda _: False, tracer=tracer, name="batch find")


async def ask(batcher: Batcher[str, int, int], key: str, trace: str | None) -> int | None:
    with traced(trace):
        return await batcher.do(key, 1)


async def test_batch_is_a_child_of_the_first_sampled_request_and_linked_to_the_others() -> None:
    tracer, call = TwinTracer(), Call()
    batcher = batching(call, tracer)
    traces = {"a": None, "b": SILENT, "c": RECORDED, "d": another(1), "e": another(2)}
    await asyncio.gather(*(ask(batcher, key, trace) for key, trace in traces.items()))
    [span] = tracer.spans
    assert (span.name, span.kind, span.parent) == ("batch find", "internal", RECORDED)
    assert list(span.links) == [another(1), another(2)]
    assert span.attributes == {"db.operation.batch.size": 5}
    assert call.traces == [span.traceparent]


async def test_batch_of_unsampled_requests_has_no_span_and_no_trace() -> None:
    tracer, call = TwinTracer(), Call()
    batcher = batching(call, tracer)
    await asyncio.gather(ask(batcher, "a", SILENT), ask(batcher, "b", None))
    assert tracer.spans == []
    assert call.traces == [None]


async def test_next_batch_does_not_belong_to_the_request_that_started_the_first() -> None:
    """One task runs both."""
    tracer, call = TwinTracer(), Call()
    batcher = batching(call, tracer)
    call.gate.clear()
    first = asyncio.create_task(ask(batcher, "a", RECORDED))
    await settle()
    second = asyncio.create_task(ask(batcher, "a", another(1)))
    third = asyncio.create_task(ask(batcher, "b", None))
    await settle()
    call.gate.set()
    await asyncio.gather(first, second, third)
    assert [(span.parent, list(span.links)) for span in tracer.spans] == [(RECORDED, []), (another(1), [])]


async def test_failed_batch_is_an_error_of_its_span() -> None:
    tracer, call = TwinTracer(), Call()
    call.error = KeyError("a")
    with pytest.raises(KeyError):
        await ask(batching(call, tracer), "a", RECORDED)
    assert [span.error for span in tracer.spans] == ["KeyError"]


async def test_plain_batch_runs_in_no_callers_context() -> None:
    call = Call()
    batcher: Batcher[str, int, int] = Batcher(call, Bounds(), lambda _: False)
    assert await ask(batcher, "a", RECORDED) == 1
    assert call.traces == [None]


async def settle() -> None:
    """Let every task run until it waits."""
    for _ in range(10):
        await asyncio.sleep(0)
