"""What the routes of the fast path share: the use cases, who asks, and what may be read of a request."""

import re
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from functools import cached_property
from http import HTTPStatus
from typing import Generic, TypeVar

from pydantic import BaseModel, ValidationError

from hello.core.traces import current_traceparent, traced
from hello.entities.errors import BusyError, ConflictError, HelloError, UnavailableError
from hello.interface.http.parameters import MAX_LIMIT
from hello.interface.http.serving.fast_path import JSON, FastAnswer, FastRequest
from hello.interface.http.serving.observe import Observer, traceparent_of
from hello.services.use_cases import UseCases

JSON_TYPES = {b"application/json", b"application/json; charset=utf-8"}
UUID_PART = re.compile(rb"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
NUMBER = re.compile(r"0|[1-9][0-9]{0,8}")
DEFAULT_LIMIT = 20
MAX_BODY = 16_384
"""A larger one takes milliseconds to understand, which the application does in its own time."""
FAULTS = (UnavailableError, BusyError, ConflictError)
Page = TypeVar("Page")
Rendered = TypeVar("Rendered")
Schema = TypeVar("Schema", bound=BaseModel)


class FastContext:
    """What routes need of the application, which has its use cases only once it has started."""

    def __init__(
        self, start: Callable[[], UseCases], observer: Observer, prefix: str = "", body_limit: int = 1 << 20
    ) -> None:
        self._start, self._observer = start, observer
        self.prefix, self.body_limit = prefix, body_limit

    @cached_property
    def use_cases(self) -> UseCases:
        return self._start()

    def kind(self, method: str, route: str, status: HTTPStatus, media_type: str = JSON) -> FastAnswer:
        return FastAnswer(self._observer.recorder(method, route, status), status, media_type)


class RenderOnce(Generic[Page, Rendered]):
    """Requests that share a batch get the same page, one after the other: it is rendered once."""

    def __init__(self, render: Callable[..., Rendered]) -> None:
        self._render = render
        self._last: tuple[Page, Rendered] | None = None

    def __call__(self, page: Page, *more: object) -> Rendered:
        if self._last is None or self._last[0] is not page:
            self._last = page, self._render(page, *more)
        return self._last[1]


def fault_in(error: Exception | None) -> Exception | None:
    """Return None for a refusal: the application finds it again, once it has looked at who asks.

    A conflict is no such refusal, as it took a lock's time-out to find.
    """
    is_refusal = isinstance(error, HelloError) and not isinstance(error, FAULTS)
    return None if is_refusal else error


def trace_of(request: FastRequest, headers: Mapping[bytes, bytes]) -> AbstractContextManager[None]:
    """Let what is stored belong to the caller's trace, as the application does, also without tracing."""
    if b"traceparent" not in headers or current_traceparent() is not None:
        return nullcontext()
    return traced(traceparent_of(request.cycle.scope["headers"]))


def is_json(request: FastRequest) -> bool:
    """Say whether the body is JSON as it comes: the application refuses one that is compressed."""
    kind = b""
    for name, value in request.cycle.scope["headers"]:
        if name == b"content-type":
            kind = kind or value
        elif name == b"content-encoding":
            return False
    return kind in JSON_TYPES


def plain_body(request: FastRequest, limit: int) -> bytes | None:
    """Return a body that is there as a whole, and not larger than the limit."""
    cycle = request.cycle
    return bytes(cycle.body) if not cycle.more_body and len(cycle.body) <= limit else None


def body_as(schema: type[Schema], request: FastRequest) -> Schema | None:
    """Return a small body that is good; whatever is wrong with another, the application says."""
    body = plain_body(request, MAX_BODY) if is_json(request) else None
    try:
        return schema.model_validate_json(body) if body else None
    except ValidationError:
        return None


def query_of(query: bytes) -> Mapping[str, str] | None:
    """Return the parameters of a query without escapes; None for one that needs more than that."""
    if not query:
        return {}
    if b"%" in query or b"+" in query or not query.isascii():
        return None
    parts = [part.partition("=") for part in query.decode().split("&")]
    values = {name: value for name, _, value in parts}
    return values if len(values) == len(parts) else None


def number_of(text: str) -> int | None:
    return int(text) if NUMBER.fullmatch(text) else None


def limit_of(query: Mapping[str, str]) -> int | None:
    """Return how many are wanted at most; None for what the application refuses."""
    limit = number_of(query.get("limit", str(DEFAULT_LIMIT)))
    return limit if limit is not None and 1 <= limit <= MAX_LIMIT else None
