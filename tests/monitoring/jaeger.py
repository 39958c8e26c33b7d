"""A real Jaeger that takes spans by OTLP and keeps them in memory, and what it answers."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.monitoring.programs import BUILT
from tests.support.polling import until
from tests.support.programs import golang
from tests.support.programs.install_lock import install_lock
from tests.support.programs.ports import HOST, free_port
from tests.support.programs.program import Program
from tests.support.programs.running import running

PACKAGE, VERSION = "github.com/jaegertracing/jaeger/cmd/jaeger", "v1.76.0"
TIMEOUT_S, SOON_S = 10, 60


@dataclass(frozen=True, slots=True)
class JaegerSpan:
    """One span as Jaeger gives it back; `parent_id` is empty for the first of a trace."""

    service: str
    name: str
    kind: str
    span_id: str
    parent_id: str
    tags: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Jaeger:
    """`endpoint` is for `OTEL_EXPORTER_OTLP_ENDPOINT`."""

    endpoint: str
    url: str

    def trace(self, trace_id: str) -> list[JaegerSpan]:
        """Return its spans; none if Jaeger does not know it."""
        answer = httpx.get(f"{self.url}/api/traces/{trace_id}", timeout=TIMEOUT_S, trust_env=False)
        found = answer.json()["data"] or []
        return [span_of(trace["processes"], span) for trace in found for span in trace["spans"]]

    def wait_for(self, trace_id: str, is_whole: Callable[[Sequence[JaegerSpan]], object]) -> list[JaegerSpan]:
        until(lambda: bool(is_whole(self.trace(trace_id))), SOON_S)
        return self.trace(trace_id)


def span_of(processes: Mapping[str, Any], span: Mapping[str, Any]) -> JaegerSpan:
    tags = {tag["key"]: tag["value"] for tag in span["tags"]}
    parents = [reference["spanID"] for reference in span["references"] if reference["refType"] == "CHILD_OF"]
    return JaegerSpan(
        service=processes[span["processID"]]["serviceName"],
        name=span["operationName"],
        kind=tags.get("span.kind", "internal"),
        span_id=span["spanID"],
        parent_id=next(iter(parents), ""),
        tags=tags,
    )


def ensure_jaeger() -> Path:
    """Build it once; raise `ProgramError` if that is not possible."""
    with install_lock():
        return golang.ensure("Jaeger", PACKAGE, VERSION, BUILT / "jaeger")


@contextmanager
def running_jaeger(folder: Path) -> Iterator[Jaeger]:
    """Listen on free ports only: by itself it would take a dozen fixed ones."""
    ports = [free_port() for _ in range(3)]
    config = folder / "jaeger.json"
    config.write_text(json.dumps(config_of(*(f"{HOST}:{port}" for port in ports))))
    argv = (ensure_jaeger(), "--config", config)
    jaeger = Jaeger(f"http://{HOST}:{ports[0]}", f"http://{HOST}:{ports[1]}")
    with running(Program.within(folder, "Jaeger", argv, lambda: is_ready(jaeger))):
        yield jaeger


def config_of(otlp: str, query: str, query_grpc: str) -> Mapping[str, object]:
    """Return what YAML can read, too: it includes JSON."""
    return {
        "extensions": {
            "jaeger_storage": {"backends": {"memory": {"memory": {"max_traces": 100_000}}}},
            "jaeger_query": {
                "storage": {"traces": "memory"},
                "http": {"endpoint": query},
                "grpc": {"endpoint": query_grpc},
            },
        },
        "receivers": {"otlp": {"protocols": {"http": {"endpoint": otlp}}}},
        "exporters": {"jaeger_storage_exporter": {"trace_storage": "memory"}},
        "service": {
            "extensions": ["jaeger_storage", "jaeger_query"],
            "pipelines": {"traces": {"receivers": ["otlp"], "exporters": ["jaeger_storage_exporter"]}},
            "telemetry": {"metrics": {"level": "none"}, "logs": {"level": "warn"}},
        },
    }


def is_ready(jaeger: Jaeger) -> bool:
    """Return whether it takes spans and answers queries."""
    try:
        taken = httpx.post(f"{jaeger.endpoint}/v1/traces", json={}, timeout=TIMEOUT_S, trust_env=False)
        asked = httpx.get(f"{jaeger.url}/api/services", timeout=TIMEOUT_S, trust_env=False)
    except httpx.TransportError:
        return False
    return taken.is_success and asked.is_success
