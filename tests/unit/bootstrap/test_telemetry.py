"""Tracing is off unless there is a collector, and costs no import then."""

import subprocess
import sys

import pytest

from hello.bootstrap.telemetry import NOTHING, open_tracing, watching_queries
from hello.core.settings import Settings
from hello.core.traces import NoTracer

IMPORTED = """
import sys
{hidden}
from hello.bootstrap.telemetry import open_tracing
from hello.core.settings import Settings, SettingsError
try:
    with open_tracing(Settings(_env_file=None), "hello-api"):
        print(sorted(name for name in sys.modules if name.startswith("opentelemetry.sdk")))
except SettingsError as error:
    print(error)
"""
HIDE = "sys.modules['opentelemetry.sdk'] = None"
ENDPOINT = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"}


def printed(hidden: str = "", **environment: str) -> str:
    program = IMPORTED.format(hidden=hidden)
    return subprocess.check_output([sys.executable, "-c", program], env=environment, text=True).strip()


def test_nothing_of_the_sdk_is_imported_without_a_collector() -> None:
    assert printed() == "[]"
    assert "opentelemetry.sdk.trace" in printed(**ENDPOINT)


def test_missing_extra_is_one_line_that_names_setting_and_extra() -> None:
    line = printed(HIDE, **ENDPOINT)
    assert line.startswith("OTEL_EXPORTER_OTLP_ENDPOINT: needs the extra `tracing` of this package")
    assert "\n" not in line


def test_missing_extra_does_not_matter_without_a_collector() -> None:
    assert printed(HIDE) == "['opentelemetry.sdk']"


def test_without_a_collector_nothing_watches() -> None:
    with open_tracing(Settings(), "hello-api") as telemetry:
        assert telemetry is NOTHING
    assert isinstance(telemetry.tracer, NoTracer)
    assert (telemetry.open_tracer, telemetry.slow_queries) == (None, None)


@pytest.mark.parametrize(
    ("seconds", "plan", "explains"), [(0, "on", None), (1, "off", False), (1, "on", True)]
)
async def test_slow_queries_need_a_threshold(seconds: float, plan: str, *, explains: bool | None) -> None:
    settings = Settings(slow_query_s=seconds, slow_query_plan=plan)
    async with watching_queries(NOTHING, settings, "hello-test") as telemetry:
        slow = telemetry.slow_queries
        assert (slow is None) == (explains is None)
        assert slow is None or (slow.explain is not None) == explains
