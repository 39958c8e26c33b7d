"""Every alert has a severity, texts, an entry in the runbook, and tests of three kinds for promtool."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from monitoring.expressions import HERE, RULES, rules_in

from tests.support.paths import REPOSITORY

ALERTS = [rule for path in sorted(RULES.glob("*.yml")) for rule in rules_in(path) if "alert" in rule]
NAMES = sorted({rule["alert"] for rule in ALERTS})
KEYS = [
    pytest.param(
        rule["alert"], rule["labels"]["severity"], id=f"{rule['alert']}-{rule['labels']['severity']}"
    )
    for rule in ALERTS
]
SECONDS = {"h": 3600, "m": 60, "s": 1}


def seconds(duration: str) -> int:
    return sum(int(number) * SECONDS[unit] for number, unit in re.findall(r"(\d+)([hms])", duration))


def groups() -> Iterator[dict[str, Any]]:
    for path in sorted((HERE / "prometheus" / "tests").glob("*.yml")):
        yield from yaml.safe_load(path.read_text())["tests"]


def fired(group: dict[str, Any], alert: str, severity: str) -> list[bool]:
    """Say for each question about the alert, in the order of time, whether it is expected to fire."""
    questions = [question for question in group["alert_rule_test"] if question["alertname"] == alert]
    questions.sort(key=lambda question: seconds(question["eval_time"]))
    return [
        any(expected["exp_labels"]["severity"] == severity for expected in question["exp_alerts"])
        for question in questions
    ]


@pytest.mark.parametrize(("alert", "severity"), KEYS)
def test_promtool_sees_the_alert_fire_and_resolve(alert: str, severity: str) -> None:
    answers = [fired(group, alert, severity) for group in groups()]
    assert any(True in answer and False in answer[answer.index(True) :] for answer in answers)


@pytest.mark.parametrize(("alert", "severity"), KEYS)
def test_promtool_sees_the_alert_stay_quiet(alert: str, severity: str) -> None:
    assert any(
        answer and True not in answer for answer in (fired(group, alert, severity) for group in groups())
    )


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: rule["alert"])
def test_an_alert_says_what_happened_and_where_to_read_on(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in {"page", "ticket"}
    assert set(rule["annotations"]) == {"summary", "description", "runbook"}
    assert rule["annotations"]["runbook"] == f"docs/runbook.md#{rule['alert'].lower()}"


def test_the_runbook_has_an_entry_for_each_alert_and_no_other() -> None:
    text = (REPOSITORY / "docs" / "runbook.md").read_text()
    section = text.split("\n## Alerts\n")[1].split("\n## ")[0]
    assert sorted(re.findall(r"^### (\w+)$", section, re.MULTILINE)) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_an_entry_of_the_runbook_says_meaning_look_and_action(name: str) -> None:
    text = (REPOSITORY / "docs" / "runbook.md").read_text()
    entry = text.split(f"\n### {name}\n")[1].split("\n#")[0]
    for part in ("*Meaning.*", "*Look at.*", "*Do.*"):
        assert part in entry
