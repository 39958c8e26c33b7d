"""What a connection relies on inside Uvicorn and httptools: an upgrade that changes it fails here first."""

import inspect

import httptools
import pytest
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import Server

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
CYCLE = {
    "body",
    "default_headers",
    "disconnected",
    "keep_alive",
    "message_event",
    "more_body",
    "on_response",
    "response_complete",
    "response_started",
    "scope",
}


def test_overridden_methods_have_the_parameters_they_had() -> None:
    for kind, name, expected in PARAMETERS:
        assert list(inspect.signature(getattr(kind, name)).parameters) == expected, name


def test_request_cycle_has_the_attributes_that_the_fast_path_sets() -> None:
    source = inspect.getsource(RequestResponseCycle.__init__)
    assert {name for name in CYCLE if f"self.{name}" not in source} == set()


def test_parser_error_carries_what_a_callback_raised() -> None:
    class Callbacks:
        def on_headers_complete(self) -> None:
            raise KeyError("ours")

    parser = httptools.HttpRequestParser(Callbacks())
    with pytest.raises(httptools.HttpParserError) as raised:
        parser.feed_data(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    assert isinstance(raised.value.__context__, KeyError)
