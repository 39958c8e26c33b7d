"""Which requests of the fast path are logged when only a share of them is."""

from collections.abc import Callable

import orjson
import pytest
from prometheus_client import CollectorRegistry

from hello.core.access_log import AccessLog
from hello.core.traces import traced
from hello.interface.http.serving.metrics import http_metrics
from hello.interface.http.serving.observe import Observer
from tests.twins.traces import RECORDED, SILENT, TRACE_ID, TwinTracer

Lines = Callable[[], list[dict[str, object]]]


def observing(tracer: TwinTracer | None, sample: float) -> tuple[Observer, Lines]:
    written: list[bytes] = []
    log = AccessLog(write=written.append, as_json=True, enabled=True, sample=sample, random=lambda: 0.5)
    observer = Observer(
        new_id=lambda: "id", metrics=http_metrics(CollectorRegistry()), access_log=log, tracer=tracer
    )

    def lines() -> list[dict[str, object]]:
        log.flush()
        return [orjson.loads(line) for line in b"".join(written).splitlines()]

    return observer, lines


@pytest.mark.parametrize("tracer", [None, TwinTracer()])
@pytest.mark.parametrize(("sample", "logged"), [(0.5, 0), (0.51, 1), (1, 1)])
async def test_share_of_the_successes_is_logged(
    tracer: TwinTracer | None, sample: float, logged: int
) -> None:
    observer, lines = observing(tracer, sample)
    observer.recorder("GET", "/hello/{username}", 200)(0, "an-id")
    assert len(lines()) == logged


async def test_what_the_application_answers_is_always_logged() -> None:
    observer, lines = observing(None, 0)
    observer.record(0, "GET", "/hello/{username}", 404, "an-id")
    [line] = lines()
    assert (line["status"], line["request_id"]) == (404, "an-id")


@pytest.mark.parametrize(
    ("traceparent", "sample", "trace_ids"),
    [(RECORDED, 0, [TRACE_ID]), (SILENT, 0, []), (SILENT, 1, [TRACE_ID]), (None, 1, [None])],
)
async def test_request_of_a_recorded_trace_is_always_logged(
    traceparent: str | None, sample: float, trace_ids: list[str | None]
) -> None:
    observer, lines = observing(TwinTracer(), sample)
    record = observer.recorder("GET", "/hello/{username}", 200)
    with traced(traceparent):
        record(0, "an-id")
    assert [line.get("trace_id") for line in lines()] == trace_ids
    assert all(line["request_id"] == "an-id" for line in lines())
