"""promtool and amtool check the rules, the tests of alerts, and the configurations."""

import subprocess
from pathlib import Path

import pytest

from tests.monitoring.programs import ensure_program
from tests.monitoring.short_windows import MONITORING, ROUTES, RULES

pytestmark = pytest.mark.monitoring
TESTS = sorted((MONITORING / "prometheus" / "tests").glob("*.yml"))


def assert_accepts(program: str, *arguments: str | Path) -> None:
    done = subprocess.run(
        [ensure_program(program), *arguments], check=False, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, f"{done.stdout}{done.stderr}"


def test_promtool_accepts_the_rules() -> None:
    assert_accepts("promtool", "check", "rules", "--lint=all", "--lint-fatal", *RULES.glob("*.yml"))


def test_promtool_accepts_the_configuration() -> None:
    assert_accepts("promtool", "check", "config", MONITORING / "prometheus" / "prometheus.yml")


def test_amtool_accepts_the_routes() -> None:
    assert_accepts("amtool", "check-config", ROUTES)


@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.stem)
def test_alerts_fire_stay_quiet_and_resolve(path: Path) -> None:
    assert_accepts("promtool", "test", "rules", path)
