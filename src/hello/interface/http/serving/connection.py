"""One connection: Uvicorn's, with bounds on what a client may send, keep waiting, or leave unread.

This and the fast path are all that reaches into Uvicorn's internals;
`tests/unit/interface/http/serving/test_uvicorn_internals.py` fails if an upgrade changes them.
"""

import asyncio
import re
from math import inf
from time import time
from typing import Any, cast

from hello.interface.http.paths import PROBES, prefixed
from hello.interface.http.serving.admission import Place
from hello.interface.http.serving.incoming import BoundedInput, ConnectionLimits, HeldFlow
from hello.interface.http.serving.observe import Observer, request_id_of
from hello.interface.http.serving.refusals import FULL, OVERLOADED, SLOW_BODY, SLOW_HEAD, Refusal
from hello.interface.http.serving.request_cycle import RequestCycle
from hello.interface.http.serving.without_chunks import WithoutChunks

ENDLESS = b"/events"
"""Streams that go on until the client leaves: one that sends no more is taken to have left."""
LINGER_S = 2
"""How long a refused client may go on sending: closing at once would reset the connection before it reads."""
RESERVE = 16
"""Connections beyond the maximum, for health checks and metrics."""
REFUSED_PAUSE_S = 0.25
"""How long a connection is not read after 503: a client that asks again at once costs no more than that."""
ALWAYS = re.compile(rb"(/[^?]*)?(%b)" % "|".join(map(re.escape, PROBES)).encode())


class Connection(BoundedInput):
    """`observer` and `limits` are set by `connection_class`."""

    observer: Observer
    write_expires_at = inf
    has_ended = is_reserve = is_going = is_lingering = is_pausing = False
    reason = "client"
    place: Place | None = None
    """Of the request that the application works on."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.flow = HeldFlow(transport)
        self.expires_at = self.loop.time() + self.limits.head_s
        self.observer.metrics.connections.inc()
        beyond = len(self.connections) - self.limits.max_connections
        self.is_reserve = beyond > 0
        if beyond > RESERVE:
            self._abort(FULL.reason)

    def connection_lost(self, exc: Exception | None) -> None:
        """End all requests, also those of the pipeline; only a collection would find what refers to them."""
        for cycle in (self.running, *(waiting for waiting, _ in self.pipeline)):
            if cycle is not None and not cycle.response_complete:
                cycle.disconnected = True
                cycle.wake()
        self.pipeline.clear()
        self.unread = b""
        super().connection_lost(exc)
        self.expires_at = self.write_expires_at = inf
        self.cycle = self.running = None  # type: ignore[assignment]  # as before the first request
        self.observer.metrics.connections.dec()
        self.observer.metrics.closed.labels(self.reason).inc()

    def eof_received(self) -> bool:  # type: ignore[override]  # asyncio takes both
        """Answer what has been asked, even if the client sends no more (RFC 9112, 9.6)."""
        if self.has_ended:
            return True
        self.has_ended, cycle = True, self.running
        is_stream = cycle is not None and cycle.scope["raw_path"].endswith(ENDLESS)
        return cycle is not None and not cycle.more_body and not is_stream

    def _start_asgi_task(self, cycle: RequestCycle, app: Any) -> None:  # type: ignore[override]  # noqa: ANN401
        """Serve the request; the name is Uvicorn's."""
        self.running = cycle
        if self.is_reserve and not ALWAYS.fullmatch(cycle.scope["raw_path"]):
            self._refuse_request(cycle, FULL, close=True)
        else:
            self._serve(cycle, app)

    def _serve(self, cycle: RequestCycle, app: Any) -> None:  # noqa: ANN401
        """Leave the request to the application, unless too many wait for it already."""
        path, admission = cycle.scope["raw_path"], self.observer.admission
        if admission.refuses() and not ALWAYS.fullmatch(path):
            self._refuse_request(cycle, OVERLOADED)
            return
        if not path.endswith(ENDLESS):
            app = self.place = Place(admission, app)
            self.place.take()
        if cycle.scope["http_version"] != "1.1":
            app = cast("Any", WithoutChunks(app, cycle))
        super()._start_asgi_task(cycle, app)

    def _answer(self, cycle: RequestCycle, data: bytes) -> None:
        """Write head and body at once, and let the next request of the connection come."""
        cycle.response_started = cycle.response_complete = True
        if not cycle.disconnected:
            self.transport.write(data)
            if not cycle.keep_alive:
                self.transport.close()
            cycle.on_response()

    def on_response_complete(self) -> None:
        """Begin the next request if it has been sent already, else wait for it, but not for ever."""
        self.server_state.total_requests += 1
        self.running = self.place = None
        flow = self.flow
        if self.transport.is_closing():
            return
        if flow.write_paused:
            flow.hold(held=True)
        elif not self.is_going:
            if self.pipeline:
                self._go_on()
            else:
                self._wait_for_more()

    def _go_on(self) -> None:
        """Begin what waits in the pipeline, one after the other as long as each is answered at once."""
        self.is_going = True
        try:
            while self.pipeline and self.running is None and self._is_writable:
                self._begin_next()
        finally:
            self.is_going = False
        if self._is_writable:
            self._wait_for_more()

    def _begin_next(self) -> None:
        """Leave out a request whose body cannot be read: the refusal answers it."""
        cycle, app = self.pipeline.pop()
        if not (self.refusal and cycle.more_body):
            self._start_asgi_task(cycle, app)

    @property
    def _is_writable(self) -> bool:
        return not (self.flow.write_paused or self.transport.is_closing())

    def _wait_for_more(self) -> None:
        if self.running is not None or self.unread:
            self._read_on()
        elif self.refusal:
            self._refuse(self.refusal)
        elif self.has_ended:
            self.transport.close()
        else:
            if self.flow.held or self.flow.read_paused:
                self.flow.hold(held=False)
            wait_s = self.limits.head_s if self.in_head else self.limits.keep_alive_s
            self.expires_at = self.loop.time() + wait_s

    def _read_on(self) -> None:
        """Take more once no request waits in the pipeline: the last one may need the rest of its body."""
        if self._is_saturated:
            return
        if self.unread:
            self.loop.call_soon(self._feed_unread)
        else:
            self.flow.hold(held=False)

    def _feed_unread(self) -> None:
        data, self.unread = self.unread, b""
        if self.transport.is_closing() or not data:
            return
        self._feed(data)
        self._read_on()
        self._count_body(0)

    def _note_body(self, *, is_whole: bool) -> None:
        if self.place is not None and self.running is self.cycle:
            if is_whole:
                self.place.take()
            else:
                self.place.give_back()

    def pause_writing(self) -> None:
        super().pause_writing()
        if self.place is not None:
            self.place.give_back()
        self.flow.hold(held=True)
        self.write_expires_at = self.loop.time() + self.limits.write_s

    def resume_writing(self) -> None:
        super().resume_writing()
        if self.transport.is_closing():
            return
        self.write_expires_at = inf
        if self.running is None:
            self._go_on()
        else:
            self._read_on()

    def _unset_keepalive_if_required(self) -> None:
        """Do nothing: there is no timer of a connection, as `expire` is called from outside."""

    def _refuse(self, refusal: Refusal) -> None:
        """Answer after all earlier requests, in place of one whose body is still to come, and close."""
        if self.is_lingering or self.transport.is_closing():
            return
        if self.in_body and self.running is None:
            self._close(refusal.reason)  # the request has its answer, but goes on
            return
        self.refusal = refusal
        self.flow.hold(held=True)
        if self.running is not None and self.running is self.cycle and self.running.more_body:
            if self.running.response_started:
                self._abort(refusal.reason)
                return
            disconnect(self.running)
        if self.running is not None and not self.running.response_complete:
            self.expires_at = inf
            return
        request_id = self.observer.new_id()
        self.transport.write(refusal.render(request_id, self.server_state.default_headers))
        self._linger(refusal.reason)
        self.observer.record(time(), "invalid", "unmatched", refusal.status, request_id)

    def _refuse_request(self, cycle: RequestCycle, refusal: Refusal, *, close: bool = False) -> None:
        """Answer one request, cheaper than serving it: no log line of its own."""
        cycle.keep_alive = cycle.keep_alive and not close
        request_id = request_id_of(cycle.scope["headers"]) or self.observer.new_id()
        scope = cycle.scope
        raw: bytes = prefixed(scope, self.observer.prefix).get("raw_path", scope["raw_path"])
        path = raw.decode("latin-1")
        lines = self.server_state.default_headers
        self._answer(cycle, refusal.render(request_id, lines, path, close=not cycle.keep_alive))
        self.observer.refused(refusal.reason)
        if not (self.is_pausing or self.transport.is_closing()):
            self.is_pausing = True
            self.flow.hold(held=True)
            self.loop.call_later(REFUSED_PAUSE_S, self._end_pause)

    def _end_pause(self) -> None:
        self.is_pausing = False
        if not (self.transport.is_closing() or self._is_saturated or self.unread):
            self.flow.hold(held=False)

    def expire(self, now: float) -> None:
        """Close what has waited too long; called about once a second with the time of the event loop."""
        if self.write_expires_at <= now:
            self._abort("write_timeout")
        elif self.transport.is_closing():
            self.expires_at, self.write_expires_at = (
                inf,
                min(self.write_expires_at, now + self.limits.write_s),
            )
        elif self.expires_at > now:
            return
        elif self.refusal or not (self.in_head or self._is_busy):
            self._close(self.reason if self.refusal else "idle")
        elif self.flow.read_paused:
            self.expires_at = now + self.limits.body_s
        elif self.in_head:
            self._refuse(SLOW_HEAD)
        else:
            self._refuse(SLOW_BODY)

    @property
    def _is_busy(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _linger(self, reason: str) -> None:
        """Send no more, and close once the client has read what was sent, or after a while."""
        self.is_lingering = True
        self.reason, self.expires_at = reason, self.loop.time() + LINGER_S
        self.transport.write_eof()
        self.flow.hold(held=False)

    def _close(self, reason: str) -> None:
        self.reason = reason
        self.transport.close()

    def _abort(self, reason: str) -> None:
        self.reason = reason
        self.transport.abort()


def disconnect(cycle: RequestCycle) -> None:
    """Let the application learn that its client is gone."""
    cycle.disconnected = cycle.response_complete = True
    cycle.waiting_for_100_continue = False
    cycle.wake()


def connection_class(observer: Observer, limits: ConnectionLimits) -> type[Connection]:
    """Return the class of protocol that Uvicorn makes one of for each connection."""
    return type("Connection", (Connection,), {"observer": observer, "limits": limits})
