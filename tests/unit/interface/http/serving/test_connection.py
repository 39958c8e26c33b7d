"""A connection waits for the next request, not for ever; when it is closed it is gone at once.

What only garbage collection finds would pile up.
"""

import asyncio
import gc
import weakref
from collections.abc import Iterator
from typing import Any, cast

import pytest
from prometheus_client import CollectorRegistry
from starlette.types import Receive, Scope, Send
from uvicorn import Config
from uvicorn.server import ServerState

from hello.core.access_log import AccessLog
from hello.interface.http.serving.fast_path import FastPathConnection
from hello.interface.http.serving.incoming import ConnectionLimits
from hello.interface.http.serving.metrics import http_metrics
from hello.interface.http.serving.observe import Observer
from hello.interface.http.serving.request_cycle import RequestCycle

PATIENCE_S = 5
OBSERVER = Observer(
    new_id=lambda: "id",
    metrics=http_metrics(CollectorRegistry()),
    access_log=AccessLog(write=lambda _: None, as_json=True, enabled=False),
)
REQUEST = b"GET / HTTP/1.1\r\nhost: hello\r\n\r\n"


class Wire(asyncio.Transport):
    """Notes what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.written, self.closed = b"", False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += data

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed

    def resume_reading(self) -> None:
        pass

    def pause_reading(self) -> None:
        pass


class Clock:
    """The part of an event loop that a connection needs; time goes on when a test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def time(self) -> float:
        return self.now

    def pass_by(self, seconds: float, connection: Any) -> None:  # noqa: ANN401
        """Look each tenth of a second, as the server looks each second."""
        for _ in range(round(10 * seconds)):
            self.now += 0.1
            connection.expire(self.now)


class Answering(FastPathConnection):
    """Answers as the fast path does, which has no task that would let go of the request at its end."""

    def _serve(self, cycle: RequestCycle, app: Any) -> None:  # noqa: ANN401, ARG002
        self._answer(cycle, b"HTTP/1.1 204 No Content\r\n\r\n")


class Slow(FastPathConnection):
    """Answers when it is told to."""

    def _serve(self, cycle: RequestCycle, app: Any) -> None:  # noqa: ANN401
        pass

    def answer_now(self) -> None:
        self._answer(self.cycle, b"HTTP/1.1 204 No Content\r\n\r\n")


async def app(_scope: Scope, _receive: Receive, _send: Send) -> None:
    """Is never asked."""


def connected(kind: type[asyncio.Protocol], wire: Wire, loop: object) -> Any:  # noqa: ANN401  # Uvicorn's
    config = Config(app, http=kind, ws="none", log_config=None)
    config.load()
    connection: Any = cast("Any", kind)(config, ServerState(), {}, loop)
    connection.observer, connection.limits = OBSERVER, ConnectionLimits(keep_alive_s=PATIENCE_S)
    connection.connection_made(wire)
    return connection


@pytest.fixture
def _no_collection() -> Iterator[None]:
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("_no_collection")
@pytest.mark.parametrize("error", [None, ConnectionResetError()], ids=["closed", "reset"])
async def test_lost_connection_is_freed(error: Exception | None) -> None:
    wire = Wire()
    connection: Any = connected(Answering, wire, asyncio.get_running_loop())
    connection.data_received(REQUEST)
    assert wire.written.startswith(b"HTTP/1.1 204")
    left = weakref.ref(cast("FastPathConnection", connection))
    connection.connection_lost(error)
    del connection
    assert left() is None


async def test_an_idle_connection_is_closed_in_time_however_often_it_was_used() -> None:
    wire, clock = Wire(), Clock()
    connection = connected(Answering, wire, clock)
    for _ in range(10):
        clock.pass_by(1, connection)
        connection.data_received(REQUEST)
    clock.pass_by(PATIENCE_S - 0.2, connection)
    assert not wire.closed
    clock.pass_by(0.4, connection)
    assert wire.closed


async def test_a_request_may_take_longer_than_an_idle_connection_may_wait() -> None:
    wire, clock = Wire(), Clock()
    connection = connected(Slow, wire, clock)
    for _ in range(2):
        connection.data_received(REQUEST)
        clock.pass_by(3.5 * PATIENCE_S, connection)
        assert not wire.closed
        connection.answer_now()
    clock.pass_by(PATIENCE_S - 0.2, connection)
    assert not wire.closed
    clock.pass_by(0.4, connection)
    assert wire.closed
