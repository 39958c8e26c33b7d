"""What a client sends: bounded heads, pipelines and waiting times, whatever it is up to.

Uvicorn's parser callbacks, with a few bytes at a time: the rest waits while earlier requests are answered.
"""

import re
from collections import deque
from dataclasses import dataclass
from math import inf
from typing import Any
from urllib.parse import unquote

import httptools
from uvicorn._types import HTTPScope
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT, FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from hello.interface.http.serving.refusals import INVALID, LARGE_HEAD, LONG_URL, NO_HOST, Refusal
from hello.interface.http.serving.request_cycle import RequestCycle

MAX_URL, MAX_HEAD, MAX_LINES = 8192, 65_536, 100
SLICE = 8192
"""Bytes that are parsed at once: as many requests of a pipeline are made before the first is answered."""
MIN_BODY_BYTES = 1024
"""What a body must bring within its time-out to get more time."""
PLAIN = re.compile(rb"/[A-Za-z][A-Za-z0-9/_.-]*")
"""A path that need not be parsed."""
UPGRADE = {b"upgrade", b"http2-settings"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionLimits:
    """Seconds for a head, for the progress of a body, for a client to read, and between requests."""

    max_connections: int = 10_000
    head_s: float = 10
    body_s: float = 20
    write_s: float = 30
    keep_alive_s: float = 75


class HeldFlow(FlowControl):
    """Reading goes on only when nothing holds it: neither a pipeline nor a client that does not read."""

    held = False

    def resume_reading(self) -> None:
        if not self.held:
            super().resume_reading()

    def hold(self, *, held: bool) -> None:
        self.held = held
        if held:
            self.pause_reading()
        else:
            self.resume_reading()


class RefusedError(Exception):
    """Ends the parsing of a head."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.detail)
        self.refusal = refusal


class BoundedInput(HttpToolsProtocol):
    """`limits` is set for all connections of a server; `_refuse` is for the class that answers.

    While `is_draining`, each answer is the last one of its connection: clients that keep connections go to
    another server before this one closes them, so none sends a request in that moment.
    """

    limits = ConnectionLimits()
    is_draining = False
    flow: HeldFlow
    cycle: RequestCycle
    pipeline: deque[tuple[RequestCycle, Any]]  # type: ignore[assignment]
    running: RequestCycle | None = None
    expires_at = inf
    in_head = in_body = is_upgrade = has_body = False
    head_bytes = body_bytes = rest_bytes = hosts = 0
    unread = b""
    refusal: Refusal | None = None

    def _refuse(self, refusal: Refusal) -> None:
        raise RefusedError(refusal)

    def _note_body(self, *, is_whole: bool) -> None:
        """Learn whether the latest request still waits for some of its body; for the class that answers."""

    def data_received(self, data: bytes) -> None:
        if self.unread or self.refusal:
            self.unread += data if self.unread else b""
            return
        had_body = self.in_body
        self._feed(data)
        if self.in_body or had_body or self.has_body:
            self._count_body(len(data))

    def _feed(self, data: bytes) -> None:
        """Parse slice by slice, and keep the rest while earlier requests wait for their answers."""
        start, end = 0, len(data)
        while start < end and not self.refusal:
            if self._is_saturated:
                self.unread = data[start:]
                break
            part = data if end <= SLICE else data[start : start + SLICE]
            self._parse(part)
            start += len(part)
        if self.unread or self.pipeline:
            self.flow.hold(held=True)

    @property
    def _is_saturated(self) -> bool:
        return bool(self.pipeline) or self.flow.write_paused

    def _parse(self, data: bytes) -> None:
        self.has_body = False
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as error:
            if self.is_upgrade:
                self._parse(self._without_upgrade() + data[error.args[0] :])
        except httptools.HttpParserError as error:
            cause = error.__context__
            self._refuse(cause.refusal if isinstance(cause, RefusedError) else INVALID)
        else:
            if self.in_head:
                self._count_head(len(data))
            elif self.in_body and not self.has_body:
                self._count_rest(len(data))

    def _count_head(self, size: int) -> None:
        """Bound the size of a head that is not complete, and the time it may take."""
        if self.head_bytes == 0:
            self.expires_at = self.loop.time() + self.limits.head_s
        self.head_bytes += size
        if self.head_bytes > MAX_HEAD:
            self._refuse(LARGE_HEAD if self.headers else LONG_URL)

    def _count_rest(self, size: int) -> None:
        """Bound what a chunked body has beside its content: trailers, and extensions of chunks."""
        self.rest_bytes += size
        if self.rest_bytes > MAX_HEAD:
            self._refuse(LARGE_HEAD)

    def _count_body(self, size: int) -> None:
        """Give a body more time as long as it makes progress."""
        cycle = self.cycle
        if self.in_head or cycle is None or cycle.response_complete:
            return
        self._note_body(is_whole=not cycle.more_body)
        if not cycle.more_body:
            self.expires_at = inf
            return
        self.body_bytes += size
        if self.body_bytes >= MIN_BODY_BYTES or self.expires_at == inf:
            self.body_bytes, self.expires_at = 0, self.loop.time() + self.limits.body_s

    def on_message_begin(self) -> None:
        self.url, self.headers = b"", []
        self.in_head, self.head_bytes, self.hosts = True, 0, 0
        self.is_upgrade = self.expect_100_continue = False

    def on_header(self, name: bytes, value: bytes) -> None:
        name = name.lower()
        if name == b"host":
            self.hosts += 1
        elif name == b"expect" and value.lower() == b"100-continue":
            self.expect_100_continue = True
        self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        """Begin the request, or queue it while an earlier one is not answered."""
        self.in_head, parser = False, self.parser
        version, method = parser.get_http_version(), parser.get_method()
        self._check_head(version)
        if parser.should_upgrade() and method != b"CONNECT":
            self.is_upgrade = True
            return
        # What follows CONNECT would be of another protocol.
        keep_alive = version != "1.0" and method != b"CONNECT" and parser.should_keep_alive()
        keep_alive = keep_alive and not self.is_draining
        cycle = RequestCycle(self, self._scope(method, version), keep_alive=keep_alive)
        self.expires_at, self.body_bytes, self.rest_bytes, self.in_body = inf, 0, 0, True
        self.headers = []  # for trailers: they must not change what the head has said (RFC 9110, 6.5.1)
        previous, self.cycle = self.cycle, cycle
        if previous is None or previous.response_complete:
            self._start_asgi_task(cycle, self.app)
        else:
            self.pipeline.appendleft((cycle, self.app))

    def _check_head(self, version: str) -> None:
        if len(self.url) > MAX_URL:
            raise RefusedError(LONG_URL)
        if len(self.headers) > MAX_LINES or (
            self.head_bytes > MAX_HEAD - SLICE and self._is_head_too_large()
        ):
            raise RefusedError(LARGE_HEAD)
        if self.hosts != 1 and version == "1.1":
            raise RefusedError(NO_HOST)

    def _scope(self, method: bytes, version: str) -> HTTPScope:
        """Return the request as ASGI has it."""
        raw_path, query = self.url, b""
        if not PLAIN.fullmatch(raw_path):
            url = httptools.parse_url(raw_path)
            raw_path, query = url.path, url.query or b""
        path = raw_path.decode("ascii")
        return {
            "type": "http",
            "asgi": {"version": self.asgi_version, "spec_version": "2.3"},
            "http_version": version,
            "server": self.server,
            "client": self.client,
            "scheme": self.scheme or "http",
            "method": method.decode("ascii"),
            "root_path": "",
            "path": unquote(path) if "%" in path else path,
            "raw_path": raw_path,
            "query_string": query,
            "headers": self.headers,
            "state": self.app_state.copy(),
        }

    def _is_head_too_large(self) -> bool:
        """Add up only what can be too large: the last slice is not counted yet."""
        if self.head_bytes <= MAX_HEAD - SLICE:
            return False
        return len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers) > MAX_HEAD

    def on_body(self, body: bytes) -> None:
        self.has_body, cycle = True, self.cycle
        if self.is_upgrade or cycle.response_complete:
            return
        cycle.body += body
        if len(cycle.body) > HIGH_WATER_LIMIT:
            self.flow.pause_reading()
        cycle.wake()

    def on_message_complete(self) -> None:
        self.in_body = False
        if not (self.is_upgrade or self.cycle.response_complete):
            self.cycle.more_body = False
            self.cycle.wake()

    def _without_upgrade(self) -> bytes:
        """Begin the message again as if no other protocol had been offered (RFC 9110, 7.8)."""
        kept = [line for line in self.headers if line[0] not in {*UPGRADE, b"connection"}]
        if any(name == b"connection" and b"close" in value.lower() for name, value in self.headers):
            kept.append((b"connection", b"close"))
        version = self.parser.get_http_version().encode()
        start = b"%b %b HTTP/%b\r\n" % (self.parser.get_method(), self.url, version)
        self.parser = httptools.HttpRequestParser(self)
        return start + b"".join([b"%b: %b\r\n" % line for line in kept]) + b"\r\n"
