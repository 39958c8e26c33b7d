"""An HTTP server on a thread of this process, which receives what the service tells others."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, TypeAlias

from tests.support.programs.ports import HOST

Receive: TypeAlias = Callable[[Mapping[str, str], bytes], None]
"""Takes the headers and the body of a POST, before it is answered 200."""


class Handler(BaseHTTPRequestHandler):
    def __init__(self, receive: Receive, *arguments: Any) -> None:  # noqa: ANN401  # a socket's
        self.receive = receive
        super().__init__(*arguments)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.receive(dict(self.headers), body)
        self.send_response(HTTPStatus.OK)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Print nothing."""


@contextmanager
def receiving(receive: Receive) -> Iterator[str]:
    """Yield the URL of the server; a request that still hangs at the end is left behind."""
    with ThreadingHTTPServer((HOST, 0), partial(Handler, receive)) as server:
        server.daemon_threads = True
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield f"http://{HOST}:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
