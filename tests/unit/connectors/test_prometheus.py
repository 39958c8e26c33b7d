"""The questions of the metric gate are those of the recording rules."""

from collections.abc import Mapping

import pytest
import yaml

from hello.connectors.prometheus import BAD_EVENTS, EVENTS, counted
from hello.core.slo import OBJECTIVES
from tests.support.paths import REPOSITORY

RULES = REPOSITORY / "monitoring" / "prometheus" / "rules" / "slo.yml"


def recorded(name: str) -> Mapping[str, str]:
    """Return the expression by objective, without what layout adds."""
    [group] = yaml.safe_load(RULES.read_text())["groups"]
    return {
        rule["labels"]["slo"]: "".join(rule["expr"].split())
        for rule in group["rules"]
        if rule["record"] == name
    }


@pytest.mark.parametrize(
    ("name", "expressions"), [("slo:events:rate5m", EVENTS), ("slo:bad_events:rate5m", BAD_EVENTS)]
)
def test_expressions_are_those_of_the_recording_rules(name: str, expressions: Mapping[str, str]) -> None:
    assert {slo: "".join(expression.split()) for slo, expression in expressions.items()} == recorded(name)
    assert expressions.keys() == OBJECTIVES.keys()


def test_rate_becomes_a_number_of_events_in_the_window() -> None:
    assert (
        counted("sum(rate(a[5m])) - sum(rate(b[5m]))", 89.6)
        == "sum(increase(a[90s])) - sum(increase(b[90s]))"
    )
    assert counted("sum(rate(a[5m]))", 0.2) == "sum(increase(a[1s]))"
