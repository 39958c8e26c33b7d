"""That all servers answer alike: a fast wrong answer is worth nothing."""

import json
import re
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from http.client import HTTPConnection, HTTPResponse
from itertools import islice

from benchmarks.client import TIMEOUT_S
from benchmarks.listeners import HOST
from benchmarks.routes.catalogue import NOBODY, Draw, Route
from benchmarks.routes.data import SampleData
from benchmarks.running import Running

SAMPLES = 5
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
NEW = frozenset({"id", "created_at", "updated_at", "at"})
"""What no two writes have in common."""
TAG = re.compile(r'"\d+"')
"""The `ETag` of a version; that of a search has a form of the server's own."""
PROBLEM, OF_PROBLEM = "application/problem+json", ("type", "title", "status")
COMPARED = ("Content-Type", "ETag", "Cache-Control")


@dataclass(frozen=True, slots=True)
class Answer:
    """What is the same for all servers; `body` is JSON without what may differ."""

    status: int
    headers: Mapping[str, str]
    body: object


@dataclass(frozen=True, slots=True)
class Reference:
    """The answers of the server that was asked first, by request."""

    data: SampleData
    tokens: Sequence[str]
    known: dict[str, Answer] = field(default_factory=dict)

    def check(self, running: Running, route: Route) -> None:
        """Raise `BenchError` for an answer that is not the one of the first server."""
        for draw in islice(route.requests(self.data), SAMPLES):
            answer = self._ask(running, route, draw)
            expected = self.known.setdefault(f"{route.name} {draw}", answer)
            if answer.status != route.status or answer != expected:
                raise running.failure(f"answers {draw} wrongly:\n{answer}\ninstead of\n{expected}")

    def _ask(self, running: Running, route: Route, draw: Draw) -> Answer:
        headers = {} if draw.account == NOBODY else {"Authorization": f"Bearer {self.tokens[draw.account]}"}
        with closing(HTTPConnection(HOST, running.port, timeout=TIMEOUT_S)) as connection:
            body = None if draw.body is None else json.dumps(draw.body)
            kind = {"Content-Type": "application/json"} if body else {}
            connection.request(route.method, draw.path, body, headers | kind)
            return answer_of(connection.getresponse(), is_new=route.stored is not None)


def answer_of(response: HTTPResponse, *, is_new: bool) -> Answer:
    headers = {name: value for name in COMPARED if (value := response.headers[name])}
    if not TAG.fullmatch(headers.get("ETag", "")):
        headers.pop("ETag", None)
    text = response.read()
    body = json.loads(text) if text else None
    if response.headers["Content-Type"] == PROBLEM and isinstance(body, dict):
        body = {name: body.get(name) for name in OF_PROBLEM}
    return Answer(response.status, headers, alike(body, NEW if is_new else frozenset()))


def alike(value: object, new: frozenset[str]) -> object:
    """Return JSON with moments for their texts, and nothing of what is new or only the server can read."""
    if isinstance(value, dict):
        return {name: alike_field(name, inner, new) for name, inner in value.items()}
    if isinstance(value, list):
        return [alike(inner, new) for inner in value]
    if isinstance(value, str) and MOMENT.fullmatch(value):
        return datetime.fromisoformat(value)
    return value


def alike_field(name: str, value: object, new: frozenset[str]) -> object:
    if name in new:
        return type(value).__name__
    if name == "next_cursor":
        return value is not None
    return alike(value, new)
