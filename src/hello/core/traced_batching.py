"""Batches as spans: each is a child of the first request in it that is sampled, and linked to the others."""

from collections.abc import Awaitable, Callable, Mapping, Sequence

from hello.core.batching import Batcher, Bounds, Callback, Item, Key, Measure, Result, measure_nothing
from hello.core.traces import Kind, Tracer, current_traceparent, is_sampled

MAX_TRACES = 10_000
"""Of keys whose callers have given up before their batch: they are forgotten together."""


class TracedBatcher(Batcher[Key, Item, Result]):
    """`name` is that of the spans. Only a process that traces has one: a `Batcher` pays nothing."""

    def __init__(  # noqa: PLR0913  # those of a `Batcher`, and its own
        self,
        call: Callable[[Mapping[Key, Item]], Awaitable[Mapping[Key, Result]]],
        bounds: Bounds,
        may_be_one_item: Callable[[Exception], bool],
        measure: Measure = measure_nothing,
        *,
        tracer: Tracer,
        name: str,
    ) -> None:
        super().__init__(self._traced, bounds, may_be_one_item, measure)
        self._untraced, self._tracer, self._name = call, tracer, name
        self._traces: dict[Key, list[str]] = {}

    def submit(self, key: Key, item: Item, callback: Callback[Result]) -> None:
        """Remember the trace of the caller, if it is sampled."""
        traceparent = current_traceparent()
        if is_sampled(traceparent):
            if len(self._traces) >= MAX_TRACES:
                self._traces.clear()
            self._traces.setdefault(key, []).append(traceparent)
        super().submit(key, item, callback)

    async def _traced(self, items: Mapping[Key, Item]) -> Mapping[Key, Result]:
        traces = self._take_traces(items)
        if not traces:
            return await self._untraced(items)
        size = {"db.operation.batch.size": len(items)}
        with self._tracer.span(self._name, Kind.INTERNAL, traces[0], size, traces[1:]):
            return await self._untraced(items)

    def _take_traces(self, items: Mapping[Key, Item]) -> Sequence[str]:
        if not self._traces:
            return ()
        return [trace for key in items for trace in self._traces.pop(key, ())]
