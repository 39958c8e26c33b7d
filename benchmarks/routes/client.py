"""One request at a time, for checks."""

import json
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection

from benchmarks.client import TIMEOUT_S
from benchmarks.listeners import HOST


@dataclass(frozen=True, slots=True)
class Request:
    """`key` is an idempotency key."""

    method: str
    path: str
    token: str = ""
    body: object = None
    key: str = ""

    @property
    def content(self) -> str | None:
        return None if self.body is None else json.dumps(self.body)

    @property
    def headers(self) -> Mapping[str, str]:
        given = {
            "Authorization": f"Bearer {self.token}" if self.token else "",
            "Content-Type": "application/json" if self.content else "",
            "Idempotency-Key": self.key,
        }
        return {name: value for name, value in given.items() if value}


@dataclass(frozen=True, slots=True)
class Reply:
    """`headers` have names in small letters; `body` is JSON, None without one."""

    status: int
    headers: Mapping[str, str]
    body: object


def ask(port: int, request: Request) -> Reply:
    with closing(HTTPConnection(HOST, port, timeout=TIMEOUT_S)) as connection:
        connection.request(request.method, request.path, request.content, request.headers)
        response = connection.getresponse()
        text = response.read()
        headers = {name.lower(): value for name, value in response.getheaders()}
        return Reply(response.status, headers, json.loads(text) if text else None)
