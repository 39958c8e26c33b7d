"""A server in this process whose event loop measures every callback: what one computes, all others wait for.

It measures CPU seconds of the loop's own thread (`time.thread_time`), not wall time: a busy machine, other
threads and waits for the disk do not count, only what the callback itself computed. What is left of the noise
(cold caches, a collection) only ever adds, so `cost_of` repeats the request and takes the best round.
The loop is asyncio's: uvloop has no place to measure, and the callbacks are the same.
"""

import asyncio
import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Thread
from time import sleep, thread_time
from typing import Any

import httpx
import uvicorn

from hello.interface.http.app import Application
from hello.interface.http.serving.server import spare_collector
from hello.interface.listening import listener, url_of

MAX_S = 0.005
ROUNDS = 5
SETTLED_S = 0.05


@dataclass(frozen=True, slots=True, order=True)
class Callback:
    """How long one callback computed, and which it was."""

    seconds: float
    name: str = field(compare=False)


class MonitoredLoop(asyncio.SelectorEventLoop):
    """Every way into the loop leads through `_timed`; the private ones are those of asyncio's transports."""

    def __init__(self) -> None:
        self.longest = Callback(0, "")
        super().__init__()

    def _timed(self, callback: Callable[..., object]) -> Callable[..., None]:
        def call(*given: Any) -> None:  # noqa: ANN401
            start = thread_time()
            try:
                callback(*given)
            finally:
                spent = thread_time() - start
                if spent > self.longest.seconds:
                    self.longest = Callback(spent, repr(getattr(callback, "__self__", callback)))

        return call

    def call_soon(self, callback: Callable[..., object], *args: Any, context: Any = None) -> asyncio.Handle:  # type: ignore[override]  # noqa: ANN401
        return super().call_soon(self._timed(callback), *args, context=context)

    def call_soon_threadsafe(  # type: ignore[override]
        self,
        callback: Callable[..., object],
        *args: Any,  # noqa: ANN401
        context: Any = None,  # noqa: ANN401
    ) -> asyncio.Handle:
        return super().call_soon_threadsafe(self._timed(callback), *args, context=context)

    def call_at(  # type: ignore[override]
        self,
        when: float,
        callback: Callable[..., object],
        *args: Any,  # noqa: ANN401
        context: Any = None,  # noqa: ANN401
    ) -> asyncio.TimerHandle:
        return super().call_at(when, self._timed(callback), *args, context=context)

    def _add_reader(self, fd: int, callback: Callable[..., object], *args: Any) -> Any:  # noqa: ANN401
        return super()._add_reader(fd, self._timed(callback), *args)  # type: ignore[misc]

    def _add_writer(self, fd: int, callback: Callable[..., object], *args: Any) -> Any:  # noqa: ANN401
        return super()._add_writer(fd, self._timed(callback), *args)  # type: ignore[misc]


@dataclass(frozen=True, slots=True)
class Monitored:
    """A running server, and the loop it runs on."""

    url: str
    loop: MonitoredLoop

    def cost_of(self, request: Callable[[], object], rounds: int = ROUNDS) -> Callback:
        """Return the longest callback of the best round; what a request leaves to be done counts too."""
        return min(self._once(request) for _ in range(rounds))

    def _once(self, request: Callable[[], object]) -> Callback:
        self.loop.longest = Callback(0, "")
        request()
        sleep(SETTLED_S)
        return self.loop.longest


@contextmanager
def monitored(app: Application) -> Iterator[Monitored]:
    """Serve until the end of the block, with the garbage collector set as in production."""
    config = uvicorn.Config(
        app.asgi, http=app.connection, ws="none", lifespan="on", log_config=None, timeout_graceful_shutdown=1
    )
    server, loop = uvicorn.Server(config), MonitoredLoop()
    with listener("127.0.0.1", 0) as sock:
        thread, thresholds = (
            Thread(target=lambda: loop.run_until_complete(server.serve([sock]))),
            gc.get_threshold(),
        )
        thread.start()
        try:
            wait_for_health(url_of(sock))
            spare_collector()
            yield Monitored(url_of(sock), loop)
        finally:
            server.should_exit = True
            thread.join()
            loop.close()
            gc.unfreeze()
            gc.set_threshold(*thresholds)


def wait_for_health(url: str) -> None:
    """Wait until it answers: the listener is open before."""
    httpx.get(f"{url}/api/v1/health", timeout=30).raise_for_status()
