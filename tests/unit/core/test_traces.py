"""A trace is followed only when it is well formed (W3C Trace Context, 3.2.2)."""

import asyncio

import pytest

from hello.core.traces import Kind, NoTracer, current_traceparent, is_sampled, trace_id_of, traced

GIVEN = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def test_work_belongs_to_its_trace_during_the_block() -> None:
    with traced(GIVEN):
        assert current_traceparent() == GIVEN
        with traced(None):
            assert current_traceparent() is None
        assert current_traceparent() == GIVEN
    assert current_traceparent() is None


async def test_work_at_the_same_time_belongs_to_its_own() -> None:
    async def work(given: str) -> str | None:
        with traced(given):
            await asyncio.sleep(0)
            return current_traceparent()

    others = [GIVEN.replace("b7", f"{number:02x}") for number in range(20)]
    assert await asyncio.gather(*map(work, others)) == others


@pytest.mark.parametrize(
    "given",
    [
        "",
        GIVEN.upper(),
        GIVEN + "-more",
        GIVEN + "\n",
        GIVEN.removesuffix("1"),
        GIVEN.replace("00-", "ff-", 1),
        GIVEN.replace("0af7651916cd43dd8448eb211c80319c", "0" * 32),
        GIVEN.replace("b7ad6b7169203331", "0" * 16),
        GIVEN.replace("-", "_"),
    ],
)
def test_malformed_traceparent_is_ignored(given: str) -> None:
    with traced(given):
        assert current_traceparent() is None


@pytest.mark.parametrize(
    ("flags", "sampled"), [("00", False), ("01", True), ("02", False), ("03", True), ("ff", True)]
)
def test_last_flag_says_whether_the_caller_records(flags: str, *, sampled: bool) -> None:
    assert is_sampled(f"{GIVEN[:-2]}{flags}") == sampled


def test_without_a_trace_there_is_no_id() -> None:
    assert (trace_id_of(None), is_sampled(None)) == (None, False)
    assert trace_id_of(GIVEN) == "0af7651916cd43dd8448eb211c80319c"


def test_without_a_tracer_traces_are_passed_on() -> None:
    with NoTracer().span("work", Kind.INTERNAL, GIVEN, {}):
        assert current_traceparent() == GIVEN
