"""The table of a run, the mutants that no test noticed, and whether the score may pass."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
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
        return 100 * (self.tried - self.survived) / self.tried

    def row(self, name: str) -> str:
        killed, timeout = (self.counted[status] for status in NOTICED)
        return COLUMNS.format(name, self.tried, killed, self.survived, timeout, f"{self.percent:.1f}%")


def by_module(mutants: Iterable[Mutant]) -> dict[str, Score]:
    counted: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for mutant in mutants:
        if mutant.status not in UNTRIED:
            counted[mutant.module][mutant.status] += 1
    return {module: Score(counter) for module, counter in sorted(counted.items())}


def by_package(modules: Mapping[str, Score], packages: Iterable[str]) -> dict[str, Score]:
    """Return the packages of which something was tried."""
    found = {
        package: sum(
            (score.counted for name, score in modules.items() if name.startswith(package)), Counter()
        )
        for package in packages
    }
    return {package: Score(counter) for package, counter in found.items() if counter}


def report(mutants: Sequence[Mutant], lowest: Mapping[str, float]) -> tuple[str, bool]:
    """Return the text, and whether no package is below its lowest score."""
    modules = by_module(mutants)
    packages = by_package(modules, lowest)
    low = [name for name, score in packages.items() if score.percent < lowest[name]]
    lines = [
        *survivors(mutants),
        COLUMNS.format("", "mutants", "killed", "survived", "timeout", "score"),
        *(score.row(name) for name, score in (modules | packages).items()),
        f"{sum(mutant.status in UNTRIED for mutant in mutants)} more mutants were not tried.",
        *(f"{name} is below {lowest[name]} %, its limit in pyproject.toml" for name in low),
    ]
    return "\n".join(lines) + "\n", not low


def survivors(mutants: Iterable[Mutant]) -> Iterator[str]:
    for mutant in mutants:
        if mutant.status not in {*NOTICED, *UNTRIED}:
            yield f"{mutant.name}: {mutant.status}\n{mutant.diff.strip()}\n"
