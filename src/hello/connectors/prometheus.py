"""What a Prometheus has recorded of the service: https://prometheus.io/docs/prometheus/latest/querying/api/."""

from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from hello.entities.errors import UnavailableError
from hello.services.release_check import EventCounts

TIMEOUT_S = 10
PAGES = 'ALERTS{alertstate="firing",severity="page"}'
READY = "hello_ready"
BUILDS = "hello_build_info"
CLIENTS = '{job="hello-api",route!~"/metrics|/status|/api/v1/health.*"'
GREETINGS = '{job="hello-api",method=~"GET|PUT",route="/hello/{username}"'
DURATIONS = "http_request_duration_seconds"

REFUSED = 'sum(rate(http_requests_refused_total{job="hello-api"}[5m])) or vector(0)'
EVENTS: Mapping[str, str] = {
    "availability": f"sum(rate({DURATIONS}_count{CLIENTS}}}[5m])) + ({REFUSED})",
    "latency": f"sum(rate({DURATIONS}_count{GREETINGS}}}[5m]))",
    "freshness": "sum(rate(birthdays_today_checks_total[5m]))",
    "event_lag": "sum(rate(events_lag_seconds_count[5m]))",
}
BAD_EVENTS: Mapping[str, str] = {
    "availability": (
        f'(sum(rate({DURATIONS}_count{CLIENTS},status=~"5.."}}[5m])) or vector(0)) + ({REFUSED})'
    ),
    "latency": f'{EVENTS["latency"]} - sum(rate({DURATIONS}_bucket{GREETINGS},le="0.05"}}[5m]))',
    "freshness": 'sum(rate(birthdays_today_checks_total{outcome!="fresh"}[5m])) or vector(0)',
    "event_lag": f'{EVENTS["event_lag"]} - sum(rate(events_lag_seconds_bucket{{le="5.0"}}[5m]))',
}
"""As the recording rules have them; a test compares both."""


@dataclass(frozen=True, slots=True)
class PrometheusMetrics:
    """Its methods raise `UnavailableError` if Prometheus cannot be asked."""

    client: httpx.AsyncClient

    async def events(self, objective: str, window_s: float) -> EventCounts:
        total = await self._value(counted(EVENTS[objective], window_s))
        return EventCounts(total, await self._value(counted(BAD_EVENTS[objective], window_s)))

    async def pages(self) -> Collection[str]:
        return {series["metric"]["alertname"] for series in await self._query(PAGES)}

    async def ready(self) -> Mapping[str, Sequence[bool]]:
        found: dict[str, list[bool]] = defaultdict(list)
        for series in await self._query(READY):
            found[series["metric"].get("job", "")].append(series["value"][1] == "1")
        return found

    async def releases(self) -> Mapping[str, Collection[str]]:
        found: dict[str, set[str]] = defaultdict(set)
        for series in await self._query(BUILDS):
            labels = series["metric"]
            found[labels.get("job", "")].add(f"{labels['version']} {labels['commit']}")
        return found

    async def _value(self, expression: str) -> float:
        """Return 0 if nothing was counted yet."""
        series = await self._query(expression)
        return float(series[0]["value"][1]) if series else 0

    async def _query(self, expression: str) -> Sequence[Mapping[str, Any]]:
        try:
            answer = await self.client.post("api/v1/query", data={"query": expression})
            answer.raise_for_status()
            result: Sequence[Mapping[str, Any]] = answer.json()["data"]["result"]
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            raise UnavailableError(f"Prometheus cannot be asked: {error!r}") from error
        return result


def counted(rule: str, window_s: float) -> str:
    """Return the expression of a rate over five minutes as a number of events in the window."""
    return rule.replace("rate(", "increase(").replace("[5m]", f"[{max(1, round(window_s))}s]")


@asynccontextmanager
async def open_metrics(url: str) -> AsyncIterator[PrometheusMetrics]:
    """Proxies of the environment and a user and password in the URL are honoured."""
    async with httpx.AsyncClient(base_url=f"{url.rstrip('/')}/", timeout=TIMEOUT_S) as client:
        yield PrometheusMetrics(client)
