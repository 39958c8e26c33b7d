"""The HTTP server: Uvicorn with uvloop and httptools, in one function."""

import asyncio
import gc
import os
import signal
import socket
from dataclasses import dataclass

import structlog
import uvicorn

from hello.core.shutdown import ShutdownSignal
from hello.interface.http.app import Application
from hello.interface.http.serving.connection import Connection
from hello.interface.listening import BACKLOG, url_of

DISMISS_S = 0.1
TICKS = 10  # of Uvicorn's main loop, a tenth of a second each
GC_THRESHOLD = 50_000
SECURITY = [
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "same-origin"),
]
HTTPS_ONLY = ("strict-transport-security", "max-age=31536000")
"""Only where clients come by TLS (RFC 6797, 7.2: not over plain HTTP)."""
log = structlog.get_logger("hello.server")


@dataclass(frozen=True, slots=True, kw_only=True)
class ShutdownOptions:
    """First `drain_s` with readiness at 503 and the listener open, then `timeout_s` to finish what runs."""

    signal: ShutdownSignal
    drain_s: float
    timeout_s: float


class DrainingServer(uvicorn.Server):
    """Tells load balancers to go elsewhere before it stops to listen."""

    def __init__(
        self, config: uvicorn.Config, connection: type[Connection], options: ShutdownOptions
    ) -> None:
        super().__init__(config)
        self.connection, self.options = connection, options

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Keep what start-up made out of every later garbage collection: those pauses made the tail."""
        await super().startup(sockets)
        spare_collector()

    async def on_tick(self, counter: int) -> bool:
        """Once a second, close the connections that have waited too long."""
        if counter % TICKS == 0:
            now = asyncio.get_running_loop().time()
            for connection in list(self.server_state.connections):
                if isinstance(connection, Connection):
                    expire(connection, now)
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self.options.signal.set()
        self.connection.is_draining = True
        await asyncio.sleep(self.options.drain_s)
        dismissal = asyncio.create_task(self._dismiss())
        await super().shutdown(sockets)
        dismissal.cancel()

    async def _dismiss(self) -> None:
        """Tell those too that were still in the listener's queue: Uvicorn tells connections only once."""
        while True:
            await asyncio.sleep(DISMISS_S)
            for connection in list(self.server_state.connections):
                connection.shutdown()


def spare_collector() -> None:
    gc.collect()
    gc.freeze()
    gc.set_threshold(GC_THRESHOLD, 50, 100)


def expire(connection: Connection, now: float) -> None:
    """Let no fault of one connection end the server."""
    try:
        connection.expire(now)
    except Exception:
        log.exception("a connection could not be closed")


def serve(app: Application, sock: socket.socket, options: ShutdownOptions) -> None:
    """Serve until SIGINT or SIGTERM, then leave in order and return."""
    config = uvicorn.Config(
        app.asgi,
        loop="uvloop",
        http=app.connection,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        headers=[*SECURITY, HTTPS_ONLY] if app.is_https else SECURITY,
        proxy_headers=False,
        backlog=BACKLOG,
        timeout_graceful_shutdown=max(1, round(options.timeout_s)),
    )
    uvicorn_server = DrainingServer(config, app.connection, options)
    for number in (signal.SIGINT, signal.SIGTERM):
        # Also heard before Uvicorn listens to signals, and when it raises them again at its end: a success.
        signal.signal(number, uvicorn_server.handle_exit)
    log.info("listening", url=url_of(sock), pid=os.getpid())
    uvicorn_server.run([sock])
