"""What the person on call gets: a receiver of Alertmanager's webhook."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from hello.core.clock import now
from tests.support.programs.ports import HOST


@dataclass(frozen=True, slots=True)
class Notice:
    """One alert of a notification; `status` is `firing` or `resolved`."""

    status: str
    labels: dict[str, str]
    annotations: dict[str, str]
    at: datetime

    def __str__(self) -> str:
        text = f"{self.status} {self.name} ({self.severity}): {self.annotations['description']}"
        return f"{self.at:%H:%M:%S} {text}"

    @property
    def name(self) -> str:
        return self.labels["alertname"]

    @property
    def severity(self) -> str:
        return self.labels["severity"]


@dataclass(frozen=True, slots=True)
class Webhook:
    """Remembers all notices in order."""

    url: str
    received: list[Notice] = field(default_factory=list)

    def since(self, mark: int) -> Sequence[Notice]:
        """Return what has come after the first `mark` notices."""
        return self.received[mark:]


class Handler(BaseHTTPRequestHandler):
    def __init__(self, received: list[Notice], *arguments: Any) -> None:  # noqa: ANN401  # a socket's
        self.received = received
        super().__init__(*arguments)

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.received += [
            Notice(alert["status"], alert["labels"], alert["annotations"], now()) for alert in body["alerts"]
        ]
        self.send_response(HTTPStatus.OK)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Print nothing."""


@contextmanager
def open_webhook() -> Iterator[Webhook]:
    received: list[Notice] = []
    with ThreadingHTTPServer((HOST, 0), partial(Handler, received)) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield Webhook(f"http://{HOST}:{server.server_port}/", received)
        finally:
            server.shutdown()
            thread.join()
