"""The result of a rehearsal: a table of its steps, the verdict of the checker, and the exit code."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.rehearsal.check import Verdict
from tests.rehearsal.facts import KnownFacts
from tests.rehearsal.picture import picture
from tests.rehearsal.steps import BEFORE, Step, named
from tests.support.programs.progress import say

WIDTH = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """`rate` is that of the load; it is below `wanted` if the machine does not carry more."""

    rate: float
    wanted: float
    steps: Sequence[Step]
    known: KnownFacts
    verdict: Verdict
    stopped_by: str = ""
    """Why the steps ended early."""

    @property
    def requests(self) -> int:
        return sum(step.requests for step in self.steps)

    @property
    def failed(self) -> int:
        """Count failures where none may be."""
        return sum(sum(step.failed.values()) for step in self.steps if not step.mark.may_fail)

    @property
    def repeated(self) -> int:
        return sum(sum(step.repeated.values()) for step in self.steps)

    def faults(self) -> Sequence[str]:
        """Return one line for each thing that is wrong; none is success."""
        wrong = [self.stopped_by] if self.stopped_by else []
        wrong += [fault for step in self.steps for fault in step.faults()]
        wrong += [f"{step.mark.name}: no request failed" for step in self.steps if lacks_failures(step)]
        for name, found in self.verdict.faults().items():
            wrong += [f"{name}: {len(found)}, such as {found[0]}"] if found else []
        return wrong

    def summary(self) -> str:
        verdict = self.verdict
        less = f" instead of {self.wanted:g}" if self.rate < self.wanted else ""
        parts = (
            f"{self.requests:,} requests at {self.rate:g}/s{less}",
            f"{self.failed} failed where none may",
            f"{self.repeated} repeated by the client",
            f"{len(verdict.lost_writes)} of {self.known.writes:,} writes lost",
            f"{len(verdict.orders_moved_wrongly)} of {len(self.known.orders):,} orders moved wrongly",
            f"{len(verdict.events_lost)} events lost",
        )
        return " · ".join(parts)


def lacks_failures(step: Step) -> bool:
    """A fault that shows nothing would prove nothing."""
    return step.mark.must_fail and not step.failed


def show(result: Result) -> int:
    """Print the table and what is wrong; return the exit code."""
    console = Console(width=WIDTH, emoji=False, highlight=False)
    table = Table("step", "s", "requests", "per s", "worst p99 ms", "failed", "repeated")
    for step in result.steps:
        table.add_row(*cells(step))
    console.print(table)
    console.print(result.summary())
    for fault in (faults := result.faults()):
        console.print(fault, style="red", markup=False)
    return 1 if faults else 0


def draw(result: Result, title: str, file: Path) -> None:
    """Begin with the first mark, and leave out the last second, which is no whole one."""
    steps = [step for step in result.steps if step.mark.name != BEFORE]
    seconds = [second for step in steps for second in step.seconds][:-1]
    file.write_text(picture(title, result.summary(), seconds, [step.mark for step in steps]))
    say(f"the picture is {file}")


def cells(step: Step) -> Iterator[str]:
    yield step.mark.name
    yield str(len(step.seconds))
    yield f"{step.requests:,}"
    yield f"{step.rate:,.0f}"
    yield f"{step.worst_p99_ms:,.0f}"
    allowed = " (allowed)" if step.mark.may_fail and step.failed else ""
    yield ", ".join(named(step.failed)) + allowed or "0"
    yield ", ".join(named(step.repeated)) or "0"
