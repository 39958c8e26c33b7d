"""Every PromQL expression of the rules and the dashboards, ready to be sent to a Prometheus."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).parent
RULES = HERE / "prometheus" / "rules"
DASHBOARDS = HERE / "grafana" / "dashboards"
VARIABLES = {"$__rate_interval": "1m", "$__interval": "15s", "$__range": "1h", "$instance": ".+"}


@dataclass(frozen=True, slots=True)
class Expression:
    """`source` is the name of the file, `title` the rule, the alert or the panel."""

    source: str
    title: str
    expr: str


def expressions(variables: Mapping[str, str] = VARIABLES) -> Iterator[Expression]:
    """Grafana's variables have these values; rules come before panels."""
    yield from rule_expressions()
    for expression in panel_expressions():
        yield Expression(expression.source, expression.title, substituted(expression.expr, variables))


def rule_expressions() -> Iterator[Expression]:
    for path in sorted(RULES.glob("*.yml")):
        for rule in rules_in(path):
            yield Expression(path.name, rule.get("alert") or rule["record"], rule["expr"])


def rules_in(path: Path) -> Iterator[dict[str, Any]]:
    for group in yaml.safe_load(path.read_text())["groups"]:
        yield from group["rules"]


def panel_expressions() -> Iterator[Expression]:
    for path in sorted(DASHBOARDS.glob("*.json")):
        for panel in panels_in(path):
            for target in panel.get("targets", ()):
                yield Expression(path.name, panel["title"], target["expr"])


def panels_in(path: Path) -> Iterator[dict[str, Any]]:
    """Rows hold no panels of their own: none is collapsed."""
    yield from json.loads(path.read_text())["panels"]


def substituted(expr: str, variables: Mapping[str, str]) -> str:
    for name, value in variables.items():
        expr = expr.replace(name, value)
    return expr
