"""The table of a run, the mutants that no test noticed, and whether the score may pass."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

NOTICED = ("killed", "timeout")
UNTRIED = {"skipped", "not checked", "check was interrupted by user"}
COLUMNS = "{:<52} {:>7} {:>7} {:>9} {:>8} {:>7}"


@dataclass(frozen=True, slots=True)
class Mutant:
    module: str
    name: str
    status: str
    diff: str


@dataclass(frozen=True, slots=True)
class Score:
    """Of those that were tried; a mutant that no test runs has survived."""

    counted: Counter[str]

    @property
    def tried(self) -> int:
        return self.counted.total()

    @property
    def survived(self) -> int:
        return self.tried - sum(self.counted[status] for status in NOTICED)

    @property
    def percent(self) -> float:
        return 100 * (self.tried - self.survived) / self.tried if self.tried else 100.0

    def row(self, name: str) -> str:
        killed, timeout = (self.counted[status] for status in NOTICED)
        return COLUMNS.format(name, self.tried, killed, self.survived, timeout, f"{self.percent:.1f}%")


def scores(mutants: Iterable[Mutant], names: Sequence[str] | None = None) -> dict[str, Score]:
    """Return the score of each module, or of each of `names` that modules begin with."""
    counted: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for mutant in mutants:
        if mutant.status not in UNTRIED:
            found = [mutant.module] if names is None else [name for name in names if mutant.module.startswith(name)]
            for name in found:
                counted[name][mutant.status] += 1
    return {name: Score(counter) for name, counter in sorted(counted.items())}


def report(mutants: Sequence[Mutant], lowest: Mapping[str, float]) -> bool:
    """Print it, and say whether no package is below its lowest score."""
    for mutant in mutants:
        if mutant.status not in {*NOTICED, *UNTRIED}:
            print(f"\n{mutant.name}: {mutant.status}\n{mutant.diff.strip()}")
    packages = scores(mutants, list(lowest))
    print("\n" + COLUMNS.format("", "mutants", "killed", "survived", "timeout", "score"))
    for name, score in [*scores(mutants).items(), *packages.items()]:
        print(score.row(name))
    untried = sum(mutant.status in UNTRIED for mutant in mutants)
    print(f"{untried} more mutants were not tried.")
    low = [name for name, score in packages.items() if score.percent < lowest[name]]
    for name in low:
        print(f"{name}: {packages[name].percent:.1f} % is below {lowest[name]} %, the limit in pyproject.toml")
    return not low
