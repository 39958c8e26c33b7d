"""The API, killed by itself between the commit of a write and the drop of the cached lists."""

import os
import signal
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import replace

from prometheus_client import CollectorRegistry

from hello import connected
from hello.connectors.no_cache import NoPages
from hello.core.access_log import AccessLog
from hello.core.logs import set_up_logs
from hello.core.settings import Settings, read_settings
from hello.core.stops import Stop
from hello.interface.http import server
from hello.interface.http.app import HttpOptions, create_app
from hello.interface.listening import listener
from hello.services.use_cases import UseCases


class FatalPages(NoPages):
    async def drop(self, groups: Collection[str]) -> None:  # noqa: ARG002
        os.kill(os.getpid(), signal.SIGKILL)


@asynccontextmanager
async def open_use_cases(settings: Settings, draining: Stop) -> AsyncIterator[UseCases]:
    async with connected.open_use_cases(settings, draining, CollectorRegistry()) as found:
        lists = replace(found.people.lists, pages=FatalPages())
        yield replace(found, people=replace(found.people, lists=lists))


def main() -> None:
    settings, draining = read_settings(), Stop()
    set_up_logs("console", "info")
    log = AccessLog(write=bytes, as_json=False, enabled=False)
    options = HttpOptions(body_limit=settings.body_limit_bytes, secret=b"secret", access_log=log)
    app = create_app(lambda: open_use_cases(settings, draining), options, CollectorRegistry())
    with listener("127.0.0.1", 0) as sock:
        server.serve(app, sock, server.Shutdown(draining=draining, drain_s=0, timeout_s=1))


if __name__ == "__main__":
    main()
