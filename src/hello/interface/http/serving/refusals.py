"""What a connection answers by itself, without the application: problems like any other, made beforehand."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from http import HTTPStatus

import orjson

from hello.interface.http.problems import MEDIA_TYPE, RETRY_AFTER_S, Problem

ANSWER = b"HTTP/1.1 %d %b\r\n%bcontent-length: %d\r\ncontent-type: %b\r\n%bx-request-id: %b\r\n%b\r\n%b"
CLOSE = b"connection: close\r\n"


@dataclass(frozen=True, slots=True)
class Refusal:
    """`reason` is the label of the metric; `retry_after_s` is 0 for an answer that stays the same."""

    status: HTTPStatus
    detail: str
    reason: str
    retry_after_s: int = 0

    def body(self, request_id: str, instance: str) -> bytes:
        before, between, after = parts_of(self)
        return b"".join([before, orjson.dumps(instance), between, request_id.encode(), after])

    def render(
        self,
        request_id: str,
        head: Iterable[tuple[bytes, bytes]],
        instance: str = "about:blank",
        *,
        close: bool = True,
    ) -> bytes:
        """Return a whole answer; `head` are the server's own header lines."""
        body = self.body(request_id, instance)
        lines = b"".join([b"%b: %b\r\n" % line for line in head])
        retry = b"retry-after: %d\r\n" % self.retry_after_s if self.retry_after_s else b""
        return ANSWER % (
            self.status,
            self.status.phrase.encode(),
            lines,
            len(body),
            MEDIA_TYPE.encode(),
            retry,
            request_id.encode(),
            CLOSE if close else b"",
            body,
        )


@lru_cache
def parts_of(refusal: Refusal) -> list[bytes]:
    """Return what stands around the instance and the request id in the body."""
    problem = Problem(
        title=refusal.status.phrase,
        status=refusal.status,
        detail=refusal.detail,
        instance="\0",
        request_id="\0",
    )
    before, between, after = problem.model_dump_json(exclude_none=True).encode().split(b"\\u0000")
    return [before[:-1], between[1:], after]


INVALID = Refusal(HTTPStatus.BAD_REQUEST, "this is not a valid HTTP request", "invalid")
NO_HOST = Refusal(HTTPStatus.BAD_REQUEST, "a request of HTTP/1.1 needs exactly one Host header", "invalid")
LONG_URL = Refusal(HTTPStatus.REQUEST_URI_TOO_LONG, "the URL is longer than 8192 bytes", "too_large")
LARGE_HEAD = Refusal(
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    "the head of the request is larger than 65536 bytes, or has more than 100 lines",
    "too_large",
)
SLOW_HEAD = Refusal(HTTPStatus.REQUEST_TIMEOUT, "the head of the request took too long", "head_timeout")
SLOW_BODY = Refusal(HTTPStatus.REQUEST_TIMEOUT, "the body of the request took too long", "body_timeout")
FULL = Refusal(HTTPStatus.SERVICE_UNAVAILABLE, "too many connections", "full", RETRY_AFTER_S)
BUSY = Refusal(
    HTTPStatus.SERVICE_UNAVAILABLE,
    "more requests are waiting for the database than it can take",
    "busy",
    RETRY_AFTER_S,
)
OVERLOADED = Refusal(
    HTTPStatus.SERVICE_UNAVAILABLE,
    "more requests are waiting than the service can answer soon",
    "overloaded",
    RETRY_AFTER_S,
)
