"""What a connection relies on inside Uvicorn and httptools: an upgrade that changes it fails here first."""

import asyncio
import inspect
from typing import Any

import httptools
import pytest
from uvicorn.config import Config
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import Server, ServerState

from hello.interface.http.serving.request_cycle import RequestCycle

REQUEST = [
    "scope",
    "transport",
    "flow",
    "logger",
    "access_logger",
    "access_log",
    "default_headers",
    "message_event",
    "expect_100_continue",
    "keep_alive",
    "on_response",
]
PARAMETERS: list[tuple[type, str, list[str]]] = [
    (HttpToolsProtocol, "_start_asgi_task", ["self", "cycle", "app"]),
    (HttpToolsProtocol, "_unset_keepalive_if_required", ["self"]),
    (HttpToolsProtocol, "connection_lost", ["self", "exc"]),
    (HttpToolsProtocol, "data_received", ["self", "data"]),
    (HttpToolsProtocol, "eof_received", ["self"]),
    (HttpToolsProtocol, "on_headers_complete", ["self"]),
    (HttpToolsProtocol, "on_header", ["self", "name", "value"]),
    (HttpToolsProtocol, "on_message_begin", ["self"]),
    (HttpToolsProtocol, "on_message_complete", ["self"]),
    (RequestResponseCycle, "__init__", ["self", *REQUEST]),
    (HttpToolsProtocol, "on_response_complete", ["self"]),
    (FlowControl, "pause_reading", ["self"]),
    (FlowControl, "resume_reading", ["self"]),
    (Server, "on_tick", ["self", "counter"]),
]
BY_US = {"connection"}


def test_overridden_methods_have_the_parameters_they_had() -> None:
    for kind, name, expected in PARAMETERS:
        assert list(inspect.signature(getattr(kind, name)).parameters) == expected, name


def request_cycle() -> RequestCycle:
    connection = HttpToolsProtocol(config=Config(lambda: None), server_state=ServerState(), app_state={})
    connection.transport, connection.flow = asyncio.Transport(), FlowControl(asyncio.Transport())
    connection.expect_100_continue = False
    scope: Any = {}
    return RequestCycle(connection, scope, keep_alive=True)


async def test_request_cycle_has_all_attributes_of_uvicorns() -> None:
    """With the same values, whichever of them are made late."""
    given: dict[str, Any] = dict.fromkeys(REQUEST)
    theirs, ours = vars(RequestResponseCycle(**given)), request_cycle()
    assert {name for name in theirs if not hasattr(ours, name)} == set()
    made_by_uvicorn = {name: value for name, value in theirs.items() if name not in REQUEST}
    assert {name: getattr(ours, name) for name in made_by_uvicorn} == made_by_uvicorn | {
        "waiting_for_100_continue": False
    }
    assert set(vars(ours)) - BY_US <= set(theirs)


@pytest.mark.parametrize("change", [{"body": b"{}"}, {"more_body": False}, {"disconnected": True}])
async def test_message_event_that_is_made_late_is_set_if_something_has_come(
    change: dict[str, object],
) -> None:
    cycle = request_cycle()
    vars(cycle).update(change)
    cycle.wake()
    assert cycle.message_event.is_set()
    cycle.message_event.clear()
    cycle.wake()
    assert cycle.message_event.is_set()


def test_parser_error_carries_what_a_callback_raised() -> None:
    class Callbacks:
        def on_headers_complete(self) -> None:
            raise KeyError("ours")

    parser = httptools.HttpRequestParser(Callbacks())
    with pytest.raises(httptools.HttpParserError) as raised:
        parser.feed_data(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    assert isinstance(raised.value.__context__, KeyError)
