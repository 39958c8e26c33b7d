"""The result of a rehearsal: a table of its steps, what was lost, and a picture."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.rehearsal.check import Verdict
from tests.rehearsal.picture import picture
from tests.rehearsal.seconds import Second
from tests.rehearsal.steps import Mark, Step, named, steps_of

TITLE = "Releases under load on a Kubernetes cluster"


@dataclass(frozen=True, slots=True)
class Report:
    seconds: Sequence[Second]
    marks: Sequence[Mark]
    verdict: Verdict

    @property
    def steps(self) -> Sequence[Step]:
        return steps_of(self.marks, self.seconds)

    @property
    def faults(self) -> Sequence[str]:
        """Return everything that must not have happened."""
        found = [fault for step in self.steps for fault in step.faults()]
        for name, subjects in self.verdict.faults().items():
            if subjects:
                found.append(f"{len(subjects)} {name}, such as {subjects[0]}")
        return found

    @property
    def is_good(self) -> bool:
        return not self.faults

    def show(self, path: Path) -> None:
        console = Console(emoji=False, width=120)
        console.print(table(self.steps))
        for fault in self.faults:
            console.print(f"[red]{fault}[/]")
        total = sum(step.requests for step in self.steps)
        remark = f"{total:,} requests, {total / max(1, len(self.seconds)):.0f} a second"
        path.write_text(picture(TITLE, remark, self.seconds, self.marks))
        console.print(f"{remark}. The picture is {path}.")


def table(steps: Sequence[Step]) -> Table:
    rows = Table("step", "seconds", "requests/s", "failed", "repeated", "worst p99")
    for step in steps:
        rows.add_row(
            step.mark.name,
            f"{len(step.seconds)}",
            f"{step.rate:.0f}",
            ", ".join(named(step.failed)) or "0",
            ", ".join(named(step.repeated)) or "0",
            f"{step.worst_p99_ms:.0f} ms",
        )
    return rows
