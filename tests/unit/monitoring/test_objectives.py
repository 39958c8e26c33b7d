"""The rules measure what the service promises: `src/hello/core/slo.py`."""

import re

from monitoring.expressions import RULES, rules_in

from hello.core.slo import OBJECTIVES
from tests.support.paths import REPOSITORY

RECORDED = [rule for rule in rules_in(RULES / "slo.yml") if "slo" in rule.get("labels", {})]


def test_objectives_of_the_rules_are_those_of_the_service() -> None:
    objectives = {
        rule["labels"]["slo"]: rule["expr"] for rule in RECORDED if rule["record"] == "slo:objective:ratio"
    }
    assert objectives == {name: f"vector({objective.ratio})" for name, objective in OBJECTIVES.items()}


def test_thresholds_of_the_rules_are_those_of_the_service() -> None:
    thresholds = {
        rule["labels"]["slo"]: float(found[1])
        for rule in RECORDED
        if (found := re.search(r'le="([\d.]+)"', rule["expr"]))
    }
    assert thresholds == {
        name: objective.threshold_s
        for name, objective in OBJECTIVES.items()
        if objective.threshold_s is not None
    }


def test_each_objective_has_events_and_bad_events() -> None:
    for record in ("slo:events:rate5m", "slo:bad_events:rate5m"):
        assert {rule["labels"]["slo"] for rule in RECORDED if rule["record"] == record} == set(OBJECTIVES)


def test_the_page_of_objectives_shows_the_expressions_of_the_rules() -> None:
    page = "".join((REPOSITORY / "docs" / "slo.md").read_text().split())
    for rule in RECORDED:
        if rule["record"] in {"slo:events:rate5m", "slo:bad_events:rate5m"}:
            assert "".join(rule["expr"].split()) in page
