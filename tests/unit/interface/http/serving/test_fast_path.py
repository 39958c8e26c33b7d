"""A fault inside the fast path is the application's to report: neither a bad request nor silence."""

import asyncio
from types import SimpleNamespace
from typing import Any, NoReturn

import pytest
from prometheus_client import CollectorRegistry
from starlette.types import Receive, Scope, Send
from uvicorn import Config
from uvicorn.server import ServerState

from hello.core.access_log import AccessLog
from hello.core.cursors import Cursors
from hello.interface.http.serving.fast_path import FastPath, fast_path_class
from hello.interface.http.serving.incoming import ConnectionLimits
from hello.interface.http.serving.metrics import http_metrics
from hello.interface.http.serving.observe import Observer
from tests.unit.interface.http.serving.test_connection import Wire

HEAD = b"host: hello\r\ncontent-type: application/json\r\n"
BODY = b'{"dateOfBirth": "1990-05-17"}'
GET = b"GET /hello/John HTTP/1.1\r\n" + HEAD + b"\r\n"
PUT = b"PUT /hello/John HTTP/1.1\r\n" + HEAD + b"content-length: %d\r\n\r\n%b" % (len(BODY), BODY)


class BrokenPeople:
    def greet_nowait(self, *_: object) -> NoReturn:
        raise ZeroDivisionError

    def save_nowait(self, *_: object) -> NoReturn:
        raise ZeroDivisionError


@pytest.mark.parametrize("request_", [GET, PUT], ids=["GET", "PUT"])
async def test_fault_of_the_fast_path_is_reported_by_the_application(request_: bytes) -> None:
    failed: asyncio.Future[object] = asyncio.get_running_loop().create_future()

    async def app(scope: Scope, _receive: Receive, _send: Send) -> None:
        failed.set_result(scope["state"].get("failed"))

    wire = Wire()
    connection = connected(app, wire)
    connection.data_received(request_)
    assert isinstance(await asyncio.wait_for(failed, 5), ZeroDivisionError)
    assert b" 400 " not in wire.written


def connected(app: Any, wire: Wire) -> Any:  # noqa: ANN401  # Uvicorn's
    observer = Observer(
        new_id=lambda: "id",
        metrics=http_metrics(CollectorRegistry()),
        access_log=AccessLog(write=lambda _: None, as_json=True, enabled=False),
    )
    use_cases: Any = SimpleNamespace(people=BrokenPeople())
    kind: Any = fast_path_class(FastPath(lambda: use_cases, Cursors(b"key"), observer), ConnectionLimits())
    config = Config(app, http=kind, ws="none", log_config=None)
    config.load()
    connection = kind(config, ServerState(), {}, asyncio.get_running_loop())
    connection.connection_made(wire)
    return connection
