"""That all servers answer alike: a fast wrong answer is worth nothing."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from benchmarks.routes.catalogue import NO_ACCOUNT, Draw, Route
from benchmarks.routes.client import Reply, Request, ask
from benchmarks.routes.data import SampleData
from benchmarks.running import Running

SAMPLES = 5
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
NEW = frozenset({"id", "created_at", "updated_at", "at"})
"""What no two writes have in common."""
TAG = re.compile(r'"\d+"')
"""The `ETag` of a version; that of a search has a form of the server's own."""
PROBLEM, OF_PROBLEM = "application/problem+json", ("type", "title", "status")
COMPARED = ("content-type", "etag", "cache-control")


@dataclass(frozen=True, slots=True)
class Reference:
    """The answers of the server that was asked first, by request; what may differ is left out."""

    data: SampleData
    tokens: Sequence[str]
    known: dict[str, Reply] = field(default_factory=dict)

    def check(self, running: Running, route: Route) -> None:
        """Raise `BenchError` for an answer that is not the one of the first server."""
        for draw in islice(route.requests(self.data), SAMPLES):
            reply = comparable(self._ask(running, route, draw), is_new=route.stored is not None)
            expected = self.known.setdefault(f"{route.name} {draw}", reply)
            if reply.status != route.status or reply != expected:
                raise running.failure(f"answers {draw} wrongly:\n{reply}\ninstead of\n{expected}")

    def _ask(self, running: Running, route: Route, draw: Draw) -> Reply:
        token = "" if draw.account == NO_ACCOUNT else self.tokens[draw.account]
        return ask(running.port, Request(route.method, draw.path, token, draw.body))


def comparable(reply: Reply, *, is_new: bool) -> Reply:
    """Return what is the same for all servers."""
    headers = {name: value for name in COMPARED if (value := reply.headers.get(name))}
    if not TAG.fullmatch(headers.get("etag", "")):
        headers.pop("etag", None)
    body = reply.body
    if headers.get("content-type") == PROBLEM and isinstance(body, dict):
        body = {name: body.get(name) for name in OF_PROBLEM}
    return Reply(reply.status, headers, alike(body, NEW if is_new else frozenset()))


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
