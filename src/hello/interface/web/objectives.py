"""The objectives as the status page shows them: what is promised, and what this process has measured."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import floor

from prometheus_client import Metric
from prometheus_client.samples import Sample

from hello.core.slo import OBJECTIVES
from hello.interface.http.paths import UNCOUNTED
from hello.interface.http.serving.metrics import HttpMetrics

HELLO = "/hello/{username}"
FAULT = "5"
TEXTS = {
    "availability": "Requests are answered without a fault",
    "latency": "Greetings and birthdays are answered within {ms:.0f} ms",
    "freshness": "The list of today is what the database says",
    "event_lag": "Events have their effect within {s:.0f} s",
}


@dataclass(frozen=True, slots=True)
class Measured:
    """How many of all were good."""

    good: int
    total: int

    @property
    def ratio(self) -> float | None:
        return self.good / self.total if self.total else None


@dataclass(frozen=True, slots=True)
class ShownObjective:
    """`measured` is None for what only the worker measures."""

    text: str
    ratio: float
    measured: Measured | None

    @property
    def is_met(self) -> bool | None:
        ratio = self.measured.ratio if self.measured else None
        return None if ratio is None else ratio >= self.ratio


def shown_objectives(metrics: HttpMetrics) -> list[ShownObjective]:
    """Read the measurements: a few thousand numbers, for which the event loop should not wait."""
    durations, refused = samples_of(metrics.duration.collect()), samples_of(metrics.refused.collect())
    measured = {"availability": availability(durations, refused), "latency": latency(durations)}
    return [
        ShownObjective(described(name), objective.ratio, measured.get(name))
        for name, objective in OBJECTIVES.items()
    ]


def described(name: str) -> str:
    seconds = OBJECTIVES[name].threshold_s or 0
    return TEXTS[name].format(s=seconds, ms=1000 * seconds)


def samples_of(metrics: Iterable[Metric]) -> list[Sample]:
    return [sample for metric in metrics for sample in metric.samples]


def availability(durations: Sequence[Sample], refused: Sequence[Sample]) -> Measured:
    """Leave out who asks for the state; requests with 5xx and those refused at once are bad."""
    counts = [
        one for one in durations if one.name.endswith("_count") and one.labels["route"] not in UNCOUNTED
    ]
    failed = total(counts, lambda labels: labels["status"].startswith(FAULT))
    turned_away = total([one for one in refused if one.name.endswith("_total")])
    everything = total(counts) + turned_away
    return Measured(everything - failed - turned_away, everything)


def latency(durations: Sequence[Sample]) -> Measured:
    """Count greetings and birthdays that are saved, by the bound of the histogram at the threshold."""
    hello = [
        one for one in durations if one.labels["route"] == HELLO and one.labels["method"] in {"GET", "PUT"}
    ]
    bound = OBJECTIVES["latency"].threshold_s
    buckets = [one for one in hello if one.name.endswith("_bucket") and float(one.labels["le"]) == bound]
    return Measured(total(buckets), total([one for one in hello if one.name.endswith("_count")]))


def total(samples: Sequence[Sample], counts: Callable[[dict[str, str]], bool] = lambda _: True) -> int:
    return int(sum(one.value for one in samples if counts(one.labels)))


def percent(ratio: float) -> str:
    """Return `99.9 %`, rounded down to three decimals: 100 % is said of nothing less."""
    return f"{floor(round(ratio * 100_000, 6)) / 1000:g} %"
