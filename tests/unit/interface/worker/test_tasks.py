"""Background tasks go on whatever goes wrong, and stop between two pieces of work."""

import asyncio

from prometheus_client import CollectorRegistry

from hello.interface.worker.metrics import task_metrics
from hello.interface.worker.tasks import Task, running

MORE, NOTHING = True, False


class Work:
    """Steps that do what `plan` says: work, find nothing, or fail; then find nothing for ever."""

    def __init__(self, *plan: bool | Exception) -> None:
        self.plan, self.done, self.idle = list(plan), 0, asyncio.Event()
        self.in_hand, self.may_finish = asyncio.Event(), asyncio.Event()
        self.may_finish.set()

    async def step(self) -> bool:
        self.in_hand.set()
        await self.may_finish.wait()
        found = self.plan.pop(0) if self.plan else False
        if isinstance(found, Exception):
            raise found
        self.done += 1
        return found

    async def wait(self) -> None:
        self.idle.set()
        await asyncio.Event().wait()

    def task(self) -> Task:
        return Task(name="work", step=self.step, wait=self.wait)


async def test_steps_are_repeated_until_there_is_nothing_more() -> None:
    work = Work(MORE, MORE, NOTHING)
    async with running([work.task()], task_metrics(CollectorRegistry()), 5):
        await work.idle.wait()
    assert work.done == 3


async def test_a_failure_is_counted_and_the_task_goes_on() -> None:
    work, registry = Work(MORE, ValueError("broken"), MORE, NOTHING), CollectorRegistry()
    async with running([work.task()], task_metrics(registry), 5):
        await work.idle.wait()
        assert registry.get_sample_value("worker_failures_total", {"task": "work"}) == 1
    assert work.done == 3
    assert registry.get_sample_value("worker_task_up", {"task": "work"}) == 1


async def test_task_that_always_fails_does_not_block_the_others() -> None:
    failing, work = Work(*[ValueError("broken")] * 100), Work(MORE, NOTHING)
    async with running([failing.task(), work.task()], task_metrics(CollectorRegistry()), 5):
        await work.idle.wait()
    assert work.done == 2
    assert failing.done == 0


async def test_shutdown_finishes_the_running_step_and_starts_no_other() -> None:
    work = Work(MORE, MORE, MORE)
    work.may_finish.clear()
    async with running([work.task()], task_metrics(CollectorRegistry()), 5):
        await work.in_hand.wait()
        asyncio.get_running_loop().call_later(0.05, work.may_finish.set)
    assert work.done == 1


async def test_a_step_that_takes_too_long_is_cut_off() -> None:
    work = Work(MORE)
    work.may_finish.clear()
    async with running([work.task()], task_metrics(CollectorRegistry()), 0.05):
        await work.in_hand.wait()
    assert work.done == 0
