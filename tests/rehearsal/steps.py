"""The steps of a rehearsal: what happened to the requests in each, and what may happen."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Self

from tests.rehearsal.files import Row
from tests.rehearsal.seconds import Second

BEFORE = "before"


@dataclass(frozen=True, slots=True)
class Mark:
    """`at` is a whole second since 1970. What may and must happen is from here to the next mark."""

    at: int
    name: str
    may_fail: bool = False
    may_repeat: bool = False
    must_fail: bool = False

    @classmethod
    def of(cls, row: Row) -> Self:
        return cls(**row)

    def row(self) -> Row:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Step:
    mark: Mark
    seconds: Sequence[Second]

    @property
    def requests(self) -> int:
        return sum(second.total for second in self.seconds)

    @property
    def failed(self) -> Mapping[str, int]:
        return summed(second.failed for second in self.seconds)

    @property
    def repeated(self) -> Mapping[str, int]:
        return summed(second.repeated for second in self.seconds)

    @property
    def rate(self) -> float:
        return self.requests / len(self.seconds) if self.seconds else 0.0

    @property
    def worst_p99_ms(self) -> float:
        return max((second.p99_ms for second in self.seconds), default=0.0)

    def faults(self) -> Sequence[str]:
        """Return what must not have happened here."""
        wrong = [] if self.mark.may_fail else [f"{what} failed" for what in named(self.failed)]
        if not (self.mark.may_repeat or self.mark.may_fail):
            wrong += [f"{what} was repeated" for what in named(self.repeated)]
        return [f"{self.mark.name}: {what}" for what in wrong]


def steps_of(marks: Sequence[Mark], seconds: Sequence[Second]) -> Sequence[Step]:
    """Put seconds before the first mark into a step of their own, if there are any."""
    first = min((second.at for second in seconds), default=0)
    if not marks or first < marks[0].at:
        marks = [Mark(first, BEFORE), *marks]
    ends = [mark.at for mark in marks[1:]] + [1 << 62]
    return [
        Step(mark, [second for second in seconds if mark.at <= second.at < end])
        for mark, end in zip(marks, ends, strict=True)
    ]


def summed(counts: Iterable[Mapping[str, int]]) -> Mapping[str, int]:
    total: Counter[str] = Counter()
    for count in counts:
        total.update(count)
    return total


def named(counts: Mapping[str, int]) -> Sequence[str]:
    """Put the most frequent first."""
    return [f"{count} {name}" for name, count in Counter(counts).most_common()]
