"""Every expression of rules, alerts and panels, sent to a real Prometheus while every room is in use."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

import pytest
from monitoring.expressions import VARIABLES, Expression, expressions

from tests.monitoring.metric_names import metric_names
from tests.monitoring.prometheus import Prometheus, QueryError, Targets
from tests.monitoring.short_windows import shortened
from tests.support.polling import until

pytestmark = [
    pytest.mark.external,
    pytest.mark.monitoring,
    pytest.mark.timeout(300),
    pytest.mark.usefixtures("loaded"),
]
SHORT = {**VARIABLES, "$__rate_interval": "1m", "$__range": "1m"}
PATIENCE_S, PAUSE_S = 90, 1
OR_ZERO = re.compile(r"\s+or (on \(\) )?vector\(0\)$")
ZERO: Mapping[str, str] = {
    "slo:bad_events:rate5m": "no list is stale",
    "Not ready": "all processes are",
    "Pages": "none fires at first",
    "Tickets": "none fires at first",
    "Background jobs": "no password has an old hash",
    "Failed listeners": "only a bug makes one fail",
    "Failures": "no task fails",
}
"""What is nothing even under this load, and why; all others must show more than a zero to fall back to."""


@dataclass(frozen=True, slots=True)
class Judge:
    """Says what is wrong with an expression; `known` are the metrics that exist."""

    prometheus: Prometheus
    known: set[str]

    def fault(self, expression: Expression) -> str:
        """Return the fault, or nothing."""
        if missing := self.missing(expression.expr):
            return f"no such metric: {', '.join(sorted(missing))}"
        try:
            found = self.prometheus.query(shortened(without_zero(expression)))
        except QueryError as error:
            return str(error)
        has_data = not all(map(math.isnan, found))
        return "" if has_data or is_alert(expression) else "no data"

    def missing(self, expr: str) -> set[str]:
        return metric_names(expr) - self.known


def without_zero(expression: Expression) -> str:
    return expression.expr if expression.title in ZERO else OR_ZERO.sub("", expression.expr)


def is_alert(expression: Expression) -> bool:
    """An alert has no result while all is well; the names of recording rules have colons."""
    return expression.source.endswith(".yml") and ":" not in expression.title


def test_prometheus_scrapes_the_service_and_the_exporters(prometheus: Prometheus, targets: Targets) -> None:
    up = {address: "up" for addresses in targets.values() for address in addresses}
    until(lambda: prometheus.health() == up)


def test_every_expression_names_what_exists_and_has_data(prometheus: Prometheus) -> None:
    """Ask those that have a fault again: some of what they show is seldom."""
    left = dict.fromkeys(expressions(SHORT), "not asked")

    def is_flawless() -> bool:
        judge = Judge(prometheus, prometheus.names() | prometheus.described())
        for expression in list(left):
            left[expression] = judge.fault(expression)
            if not left[expression]:
                del left[expression]
        return not left

    try:
        until(is_flawless, PATIENCE_S, PAUSE_S)
    except AssertionError:
        pytest.fail(
            "\n".join(f"{one.source}, {one.title}: {fault}: {one.expr}" for one, fault in left.items())
        )
