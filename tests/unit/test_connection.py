"""A connection that is closed is gone at once: what only garbage collection finds would pile up."""

import asyncio
import gc
import weakref
from collections.abc import Iterator
from typing import Any, cast

import pytest
from starlette.types import Receive, Scope, Send
from uvicorn import Config
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle
from uvicorn.server import ServerState

from hello.interface.http.lane import LaneProtocol

REQUEST = b"GET / HTTP/1.1\r\nhost: hello\r\n\r\n"


class Wire(asyncio.Transport):
    """Notes what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += data

    def close(self) -> None:
        pass

    def is_closing(self) -> bool:
        return False


class Answering(LaneProtocol):
    """Answers as the lane does, which has no task that would let go of the request at its end."""

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:  # noqa: ANN401, ARG002
        self._answer(cycle, b"HTTP/1.1 204 No Content\r\n\r\n")


async def app(_scope: Scope, _receive: Receive, _send: Send) -> None:
    """Is never asked."""


@pytest.fixture
def _no_collection() -> Iterator[None]:
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("_no_collection")
@pytest.mark.parametrize("error", [None, ConnectionResetError()], ids=["closed", "reset"])
async def test_nothing_of_a_lost_connection_is_left(error: Exception | None) -> None:
    config = Config(app, http=Answering, ws="none", log_config=None)
    config.load()
    wire = Wire()
    connection: Any = Answering(config, ServerState(), {}, asyncio.get_running_loop())
    connection.connection_made(wire)
    connection.data_received(REQUEST)
    assert wire.written.startswith(b"HTTP/1.1 204")
    left = weakref.ref(cast("LaneProtocol", connection))
    connection.connection_lost(error)
    del connection
    assert left() is None
