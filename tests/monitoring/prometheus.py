"""A real Prometheus that scrapes every second, and what it answers."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.monitoring.programs import ensure_program
from tests.support.http.running import Running
from tests.support.polling import until
from tests.support.programs.ports import HOST, free_port
from tests.support.programs.program import Program
from tests.support.programs.running import running

SCRAPE, TIMEOUT_S = "1s", 10
WORKER = re.compile(r"worker +http://([\d.:]+)/metrics")
SUFFIXES = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count")}
Targets = Mapping[str, Sequence[str]]
"""Addresses as `host:port`, by the name of the job."""


class QueryError(Exception):
    """Prometheus refuses the expression; the message is its own."""


@dataclass(frozen=True, slots=True)
class Prometheus:
    url: str

    def query(self, expression: str) -> Sequence[float]:
        """Return the value of each series now; raise `QueryError`."""
        found = self._get("query", query=expression)
        result = [{"value": found["result"]}] if found["resultType"] == "scalar" else found["result"]
        return [float(series["value"][1]) for series in result]

    def names(self) -> set[str]:
        """Return the names of all series."""
        return set(self._get("label/__name__/values"))

    def described(self) -> set[str]:
        """Return the names that HELP and TYPE promise, also of what has not been counted yet."""
        return {
            one["metric"].removesuffix("_total") + suffix
            for one in self._get("targets/metadata")
            for suffix in SUFFIXES.get(one["type"], ("",))
        }

    def health(self) -> Mapping[str, str]:
        """Return `up`, `down` or `unknown` by the address of the target."""
        active = self._get("targets", state="active")["activeTargets"]
        return {target["labels"]["instance"]: target["health"] for target in active}

    def alerts(self, state: str = "firing") -> set[str]:
        """Return the names of the alerts in this state, `firing` or `pending`."""
        alerts = self._get("alerts")["alerts"]
        return {alert["labels"]["alertname"] for alert in alerts if alert["state"] == state}

    def _get(self, path: str, **params: str) -> Any:  # noqa: ANN401  # JSON of any kind
        url = f"{self.url}/api/v1/{path}"
        found = httpx.get(url, params=params, timeout=TIMEOUT_S, trust_env=False).json()
        if found["status"] != "success":
            raise QueryError(found["error"])
        return found["data"]


@contextmanager
def running_prometheus(
    folder: Path, targets: Targets, rules: Sequence[Path] = (), alertmanager: str = ""
) -> Iterator[Prometheus]:
    """Scrape the targets and evaluate the rules every second; send alerts to `host:port`."""
    port = free_port()
    config = folder / "prometheus.json"
    config.write_text(json.dumps(config_of(targets, rules, alertmanager)))
    arguments = (
        f"--config.file={config}",
        f"--storage.tsdb.path={folder / 'tsdb'}",
        f"--web.listen-address={HOST}:{port}",
        "--enable-feature=exemplar-storage",
        "--log.level=warn",
    )
    argv, url = (ensure_program("prometheus"), *arguments), f"http://{HOST}:{port}"
    with running(Program.within(folder, "Prometheus", argv, lambda: is_ready(url))):
        yield Prometheus(url)


def targets_of(hello: Running) -> Targets:
    """Return the API and the worker of `hello run`, once it has printed where they are."""
    until(lambda: WORKER.search("".join(hello.printed)) is not None)
    [worker] = WORKER.findall("".join(hello.printed))
    return {"hello-api": [hello.url.removeprefix("http://")], "hello-worker": [worker]}


def config_of(targets: Targets, rules: Sequence[Path], alertmanager: str) -> Mapping[str, object]:
    """Return what YAML can read, too: it includes JSON."""
    managers = [{"static_configs": [{"targets": [alertmanager]}]}] if alertmanager else []
    return {
        "global": {"scrape_interval": SCRAPE, "scrape_timeout": SCRAPE, "evaluation_interval": SCRAPE},
        "rule_files": [str(path) for path in rules],
        "alerting": {"alertmanagers": managers},
        "scrape_configs": [
            {"job_name": job, "static_configs": [{"targets": list(addresses)}]}
            for job, addresses in targets.items()
        ],
    }


def is_ready(url: str) -> bool:
    """Return whether a server of Prometheus or Alertmanager is there."""
    return answers(f"{url}/-/ready")


def answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=TIMEOUT_S, trust_env=False).is_success
    except httpx.TransportError:
        return False
