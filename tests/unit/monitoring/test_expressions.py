"""Every rule and panel is found, with values for Grafana's variables."""

from monitoring.expressions import VARIABLES, expressions, rule_expressions, substituted


def test_rules_and_panels_of_every_file_are_found() -> None:
    sources = {expression.source for expression in expressions()}
    assert {"slo.yml", "burn.yml", "processes.yml", "data.yml", "events.yml", "requests.yml"} <= sources
    assert {"overview.json", "api.json", "search.json", "business.json"} <= sources


def test_no_variable_is_left() -> None:
    assert not [expression for expression in expressions() if "$" in expression.expr]


def test_an_alert_is_found_by_its_name() -> None:
    assert "Unready" in {expression.title for expression in rule_expressions()}


def test_variables_are_replaced_wherever_they_stand() -> None:
    expr = 'rate(a{instance=~"$instance"}[$__rate_interval]) + increase(b[$__range])'
    assert substituted(expr, VARIABLES) == 'rate(a{instance=~".+"}[1m]) + increase(b[1h])'
