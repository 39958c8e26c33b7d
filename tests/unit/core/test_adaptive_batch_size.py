"""What is too much at once is tried in smaller and smaller pieces, down to one."""

from dataclasses import dataclass, field

import pytest

from hello.core.adaptive_batch_size import AdaptiveBatchSize
from hello.entities.errors import UnavailableError


@dataclass
class Work:
    """So much is left; more than `bearable` at once takes too long."""

    left: int
    bearable: int
    asked: list[int] = field(default_factory=list)

    async def do(self, limit: int) -> int:
        self.asked.append(limit)
        if min(limit, self.left) > self.bearable:
            raise UnavailableError("it took too long")
        done = min(limit, self.left)
        self.left -= done
        return done


async def do_all(work: Work, batch_size: AdaptiveBatchSize) -> None:
    has_more = True
    while has_more:
        try:
            has_more = await batch_size.step(work.do)
        except UnavailableError:
            has_more = True


async def test_full_batches_are_used_while_they_succeed() -> None:
    work = Work(left=25, bearable=10)
    await do_all(work, AdaptiveBatchSize(10))
    assert work.asked == [10, 10, 10]


@pytest.mark.parametrize("bearable", [1, 3, 9])
async def test_failed_batch_is_split_down_to_one(bearable: int) -> None:
    work = Work(left=100, bearable=bearable)
    await do_all(work, AdaptiveBatchSize(10))
    assert work.left == 0
    assert min(work.asked) <= bearable


async def test_batch_size_grows_back_after_a_failure() -> None:
    work, batch_size = Work(left=100, bearable=0), AdaptiveBatchSize(8)
    for _ in range(6):
        with pytest.raises(UnavailableError):
            await batch_size.step(work.do)
    assert work.asked == [8, 4, 2, 1, 1, 1]
    work.bearable = 100
    assert [await batch_size.step(work.do) for _ in range(5)] == [True] * 5
    assert work.asked[6:] == [1, 2, 4, 8, 8]
