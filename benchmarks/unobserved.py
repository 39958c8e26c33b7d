"""`hello api` without metrics, for the benchmark of what they cost; it takes the same options."""

from typing import Any

from prometheus_client import Counter, Gauge, Histogram
from starlette.types import Receive, Scope, Send

from hello.__main__ import start
from hello.interface.http.serving.metrics import MeasureRoutes


def nothing(*_: object, **__: object) -> None:
    """Measure nothing."""


async def pass_on(self: Any, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ANN401
    await self.app(scope, receive, send)


def leave_out_metrics() -> None:
    """Replace what measures in this process, which does nothing else; the calls themselves stay."""
    for kind, methods in ((Histogram, ["observe"]), (Counter, ["inc"]), (Gauge, ["inc", "dec", "set"])):
        for method in methods:
            setattr(kind, method, nothing)
    MeasureRoutes.__call__ = pass_on  # type: ignore[method-assign]


if __name__ == "__main__":
    leave_out_metrics()
    start()
