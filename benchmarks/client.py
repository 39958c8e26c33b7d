"""One request at a time, for checks."""

import json
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection
from urllib.parse import quote

from benchmarks.listeners import HOST

TIMEOUT_S = 10


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Client:
    port: int

    def get(self, name: str) -> Answer:
        return self._ask("GET", f"/hello/{quote(name)}")

    def put(self, name: str, body: object) -> Answer:
        return self._ask("PUT", f"/hello/{quote(name)}", json.dumps(body))

    def get_path(self, path: str) -> Answer:
        return self._ask("GET", path)

    def _ask(self, method: str, path: str, body: str | None = None) -> Answer:
        headers = {"Content-Type": "application/json"} if body else {}
        with closing(HTTPConnection(HOST, self.port, timeout=TIMEOUT_S)) as connection:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return Answer(answer.status, answer.read())
