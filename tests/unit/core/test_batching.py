"""Natural batching: each who waits gets the right answer, in time, none older than the question."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from hello.core.batching import Batcher, Bounds, CancelledBatchError, OverloadedError


class Store:
    """A call that reads or writes a dictionary; each waits until it is let go, and is remembered."""

    def __init__(self) -> None:
        self.values: dict[str, int] = {}
        self.calls: list[dict[str, int]] = []
        self.flying = self.most_flying = 0
        self.gate = asyncio.Event()
        self.gate.set()

    async def write(self, items: Mapping[str, int]) -> Mapping[str, int]:
        self.calls.append(dict(items))
        self.flying += 1
        self.most_flying = max(self.most_flying, self.flying)
        await self.gate.wait()
        await asyncio.sleep(0)
        self.flying -= 1
        if any(value < 0 for value in items.values()):
            raise ValueError("a bad item")
        self.values |= items
        return items

    async def read(self, items: Mapping[str, int]) -> Mapping[str, int]:
        """Find what is there when the call begins."""
        found = {key: self.values[key] for key in items if key in self.values}
        await self.gate.wait()
        return found


def batcher(store: Store, bounds: Bounds = Bounds(), *, reads: bool = False) -> Batcher[str, int, int]:  # noqa: B008
    call = store.read if reads else store.write
    return Batcher(call, bounds, lambda error: isinstance(error, ValueError))


async def settle() -> None:
    """Let every task run until it waits."""
    for _ in range(10):
        await asyncio.sleep(0)


names = st.sampled_from("abcde")
writes = st.lists(st.tuples(names, st.integers(0, 1000), st.integers(0, 3)), max_size=40)


@settings(deadline=None)
@given(planned=writes, batch_size=st.integers(1, 3), batch=st.integers(1, 4), overlap=st.booleans())
async def test_every_write_is_done_and_the_last_of_a_name_counts(
    planned: list[tuple[str, int, int]], batch_size: int, batch: int, *, overlap: bool
) -> None:
    store = Store()
    batches = batcher(store, Bounds(batch=batch, overlap=overlap))
    waiting = []
    for name, value, turns in planned:
        waiting.append(asyncio.create_task(batches.do(name, value)))
        for _ in range(turns * batch_size):
            await asyncio.sleep(0)
    results = await asyncio.gather(*waiting)
    assert store.values == {name: value for name, value, _ in planned}
    assert all(result is not None for result in results)
    assert store.most_flying <= 1
    assert all(len(call) <= batch for call in store.calls)


@settings(deadline=None)
@given(
    steps=st.lists(st.one_of(st.none(), names), min_size=1, max_size=30),
    turns=st.lists(st.integers(0, 4), min_size=30),
    overlap=st.booleans(),
)
async def test_a_read_never_joins_a_call_that_began_before_it(
    steps: list[str | None], turns: list[int], *, overlap: bool
) -> None:
    """`None` changes every value; a read started after that must see it, however the calls lie."""
    store, version = Store(), 0
    reads = batcher(store, Bounds(overlap=overlap), reads=True)
    store.values = dict.fromkeys("abcde", 0)
    asked: list[tuple[int, asyncio.Task[int | None]]] = []
    for step, pauses in zip(steps, turns, strict=False):
        if step is None:
            version += 1
            store.values = dict.fromkeys("abcde", version)
        else:
            asked.append((version, asyncio.create_task(reads.do(step, 0))))
        for _ in range(pauses):
            await asyncio.sleep(0)
    for at_least, task in asked:
        found = await task
        assert found is not None
        assert found >= at_least


async def test_items_that_arrive_during_a_call_join_the_next() -> None:
    store = Store()
    store.gate.clear()
    batches = batcher(store)
    first = asyncio.create_task(batches.do("a", 1))
    await settle()
    later = [asyncio.create_task(batches.do(name, 2)) for name in "bcd"]
    await settle()
    assert store.calls == [{"a": 1}]
    store.gate.set()
    await asyncio.gather(first, *later)
    assert store.calls == [{"a": 1}, {"b": 2, "c": 2, "d": 2}]


@pytest.mark.parametrize(("overlap", "begun_before"), [(True, 2), (False, 1)])
async def test_overlap_starts_the_next_call_before_the_callbacks(*, overlap: bool, begun_before: int) -> None:
    store, begun = Store(), []
    batches = batcher(store, Bounds(overlap=overlap))
    store.gate.clear()
    batches.submit("a", 1, lambda *_: begun.append(len(store.calls)))
    await settle()
    last = asyncio.create_task(batches.do("b", 2))
    await settle()
    store.gate.set()
    assert await last == 2
    assert begun == [begun_before]


async def test_a_bad_item_fails_alone() -> None:
    store = Store()
    batches = batcher(store)
    results = await asyncio.gather(
        *(batches.do(name, value) for name, value in [("a", 1), ("b", -1), ("c", 3)]), return_exceptions=True
    )
    assert results[::2] == [1, 3]
    assert isinstance(results[1], ValueError)


async def test_cancelled_waiter_of_a_batch_leaves_the_others_their_results() -> None:
    store = Store()
    store.gate.clear()
    batches = batcher(store)
    one, same, other = (asyncio.create_task(batches.do(name, 1)) for name in "aab")
    await settle()
    one.cancel()
    store.gate.set()
    assert await same == await other == 1


async def test_waiters_time_out_at_the_deadline() -> None:
    store = Store()
    store.gate.clear()
    batches = batcher(store, Bounds(deadline_s=0.05))
    start = asyncio.get_running_loop().time()
    flying = asyncio.create_task(batches.do("a", 1))
    await settle()
    waiting = asyncio.create_task(batches.do("b", 1))
    results = await asyncio.gather(flying, waiting, return_exceptions=True)
    assert [type(result) for result in results] == [TimeoutError, TimeoutError]
    assert asyncio.get_running_loop().time() - start < 1
    store.gate.set()
    assert await batches.do("c", 1) == 1


async def test_items_above_the_waiting_bound_are_overloaded() -> None:
    store = Store()
    store.gate.clear()
    batches = batcher(store, Bounds(waiting=2))
    tasks = [asyncio.create_task(batches.do(name, 1)) for name in "abc"]
    await settle()
    with pytest.raises(OverloadedError):
        await tasks[2]
    store.gate.set()
    assert await asyncio.gather(*tasks[:2]) == [1, 1]


class Waiter:
    """Counts its calls; it may raise, as the callback of a lost connection once did."""

    def __init__(self, *, raises: bool) -> None:
        self.raises, self.results = raises, list[int | None]()

    def __call__(self, result: int | None, error: Exception | None) -> None:
        self.results.append(None if error else result)
        if self.raises:
            raise RuntimeError("a callback failed")


@settings(deadline=None)
@given(
    planned=st.lists(st.tuples(names, st.integers(-1, 9), st.integers(0, 2), st.booleans()), max_size=40),
    batch=st.integers(1, 4),
    overlap=st.booleans(),
)
async def test_every_waiter_is_called_once_whatever_others_do(
    planned: list[tuple[str, int, int, bool]], batch: int, *, overlap: bool
) -> None:
    store = Store()
    batches = batcher(store, Bounds(batch=batch, overlap=overlap))
    waiters, cancelled = [], []
    with capture_logs():  # a traceback for each callback that raises takes long to print
        for name, value, pauses, raises in planned:
            waiter = Waiter(raises=raises)
            batches.submit(name, value, waiter)
            waiters.append(waiter)
            task = asyncio.create_task(batches.do(name, max(value, 0)))
            cancelled.append(task)
            for _ in range(pauses):
                await asyncio.sleep(0)
            if raises:
                task.cancel()
        await asyncio.gather(*cancelled, return_exceptions=True)
        assert await batches.do("z", 1) == 1
        await settle()
    assert [len(waiter.results) for waiter in waiters] == [1] * len(waiters)
    assert batches.in_flight == 0


async def test_waiters_of_a_cancelled_call_get_an_error() -> None:
    async def call(_: Mapping[str, int]) -> Mapping[str, int]:
        raise asyncio.CancelledError

    batches = Batcher(call, Bounds(), lambda _: False)
    with pytest.raises(CancelledBatchError):
        await batches.do("a", 1)


async def test_waiters_of_one_key_are_bounded_too() -> None:
    store = Store()
    store.gate.clear()
    batches = batcher(store, Bounds(waiting=2))
    tasks = [asyncio.create_task(batches.do("a", 1)) for _ in range(3)]
    await settle()
    with pytest.raises(OverloadedError):
        await tasks[2]
    store.gate.set()
    assert await asyncio.gather(*tasks[:2]) == [1, 1]


async def test_batch_is_in_flight_until_its_waiters_are_called() -> None:
    store, seen = Store(), []
    batches = batcher(store, Bounds(overlap=True))
    store.gate.clear()
    batches.submit("a", 1, lambda *_: seen.append(batches.in_flight))
    await settle()
    last = asyncio.create_task(batches.do("b", 2))
    await settle()
    store.gate.set()
    await last
    assert seen == [2]
    await settle()
    assert batches.in_flight == 0


async def test_waiters_of_a_call_that_never_ends_time_out_one_after_the_other() -> None:
    """Neither the call in flight, which takes no cancellation, nor what waits for it holds them up."""
    end, begun = asyncio.Event(), list[str]()

    async def call(items: Mapping[str, int]) -> Mapping[str, int]:
        begun.extend(items)
        while not end.is_set():
            with suppress(asyncio.CancelledError):
                await end.wait()
        return items

    batches = Batcher(call, Bounds(waiting=1, deadline_s=0.05), lambda _: False)
    flying = asyncio.create_task(batches.do("a", 1))
    await settle()
    async with asyncio.timeout(5):
        for name in "bcd":  # each finds the place of the one before it free
            with pytest.raises(TimeoutError):
                await batches.do(name, 1)
    with pytest.raises(TimeoutError):
        await flying
    assert begun == ["a"]
    end.set()
    assert await batches.do("e", 5) == 5


async def test_answers_in_time_are_not_overdue() -> None:
    store = Store()
    batches = batcher(store, Bounds(deadline_s=0.05))
    loop = asyncio.get_running_loop()
    start = loop.time()
    while loop.time() < start + 0.12:  # past two deadlines
        assert await batches.do("a", 1) == 1


async def test_each_bad_item_of_a_batch_gets_its_own_error() -> None:
    async def call(items: Mapping[str, int]) -> Mapping[str, int]:
        bad = [key for key, value in items.items() if value < 0]
        if bad:
            raise ValueError(",".join(bad))
        return items

    batches = Batcher(call, Bounds(), lambda _: True)
    found = await asyncio.gather(
        *(batches.do(name, value) for name, value in [("a", -1), ("b", 2), ("c", -3)]), return_exceptions=True
    )
    assert [str(one) for one in found] == ["a", "2", "c"]


async def test_calls_in_flight_are_bounded_and_used_up_to_the_bound() -> None:
    store = Store()
    store.gate.clear()
    batches = batcher(store, Bounds(in_flight=3))
    tasks = []
    for number in range(5):
        tasks.append(asyncio.create_task(batches.do(str(number), number)))
        await settle()
    assert (store.most_flying, batches.in_flight, len(store.calls)) == (3, 3, 3)
    store.gate.set()
    assert await asyncio.gather(*tasks) == [0, 1, 2, 3, 4]
    assert (batches.in_flight, store.most_flying) == (0, 3)


@pytest.mark.parametrize(
    ("items", "error", "calls"),
    [
        ({"a": -1}, ValueError, 1),
        ({"a": -1, "b": 1}, ValueError, 3),
        ({"a": 1, "b": 1}, KeyError, 1),
        ({"a": 1}, KeyError, 1),
    ],
)
async def test_only_a_batch_that_one_item_may_have_failed_is_repeated(
    items: dict[str, int], error: type[Exception], calls: int
) -> None:
    store = Store()

    async def call(given: Mapping[str, int]) -> Mapping[str, int]:
        found = await store.write(given)
        if error is KeyError:
            raise KeyError
        return found

    batches = Batcher(call, Bounds(), lambda found: isinstance(found, ValueError))
    tasks = [batches.do(name, value) for name, value in items.items()]
    found = await asyncio.gather(*tasks, return_exceptions=True)
    assert len(store.calls) == calls
    bad = [isinstance(one, error) for one in found]
    assert bad == [error is KeyError or value < 0 for value in items.values()]


async def test_each_call_makes_as_much_room_as_it_takes_waiters() -> None:
    ends: list[asyncio.Future[None]] = []

    async def call(items: Mapping[str, int]) -> Mapping[str, int]:
        ends.append(asyncio.get_running_loop().create_future())
        await ends[-1]
        return items

    batches = Batcher(call, Bounds(batch=1, waiting=4), lambda _: False)
    told: list[int | None] = []
    for name in "abbcd":  # b has two waiters
        batches.submit(name, 1, lambda result, _: told.append(result))
        await settle()
    for result, room in ((1, 2), (3, 1), (4, 1)):
        with pytest.raises(OverloadedError):
            batches.submit("z", 1, lambda *_: None)
        ends[-1].set_result(None)
        await settle()
        assert len(told) == result
        for _ in range(room):
            batches.submit("y", 1, lambda *_: None)


async def test_a_call_that_hangs_ends_at_the_deadline_and_the_next_one_begins() -> None:
    calls: list[Mapping[str, int]] = []

    async def call(items: Mapping[str, int]) -> Mapping[str, int]:
        calls.append(items)
        if len(calls) == 1:
            await asyncio.Event().wait()
        return items

    batches = Batcher(call, Bounds(deadline_s=0.05), lambda _: False)
    with pytest.raises(TimeoutError):
        await batches.do("a", 1)
    assert await batches.do("b", 2) == 2


async def test_work_that_is_cancelled_ends_and_leaves_the_rest() -> None:
    """As at the end of a process: work that goes on would keep it from ending."""
    store = Store()
    store.gate.clear()
    batches, before = batcher(store), asyncio.all_tasks()
    told: list[Exception | None] = []
    batches.submit("a", 1, lambda _, error: told.append(error))
    await settle()
    batches.submit("b", 1, lambda _, error: told.append(error))
    (work,) = asyncio.all_tasks() - before
    work.cancel()
    await asyncio.wait([work])
    assert work.cancelled()
    assert [type(error) for error in told] == [CancelledBatchError]
    assert len(store.calls) == 1


async def test_each_waiter_has_its_own_deadline_whatever_came_before() -> None:
    """One is answered, then a call hangs that takes no cancellation, and another waits for its end."""
    end = asyncio.Event()

    async def call(items: Mapping[str, int]) -> Mapping[str, int]:
        while "a" not in items and not end.is_set():
            with suppress(asyncio.CancelledError):
                await end.wait()
        return items

    batches = Batcher(call, Bounds(deadline_s=0.2), lambda _: False)
    loop, waits = asyncio.get_running_loop(), list[float]()

    async def waiting(name: str) -> None:
        start = loop.time()
        with pytest.raises(TimeoutError):
            await batches.do(name, 1)
        waits.append(loop.time() - start)

    assert await batches.do("a", 1) == 1
    async with asyncio.timeout(5), asyncio.TaskGroup() as tasks:
        for name in "bc":
            await asyncio.sleep(0.07)  # time is what this is about
            tasks.create_task(waiting(name))
    end.set()
    assert len(waits) == 2
    assert min(waits) > 0.19
