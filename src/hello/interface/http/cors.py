"""Which pages of other sites may use the API from a browser."""

from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from hello.interface.http.problems import answer

METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE")
SENT = (
    "Authorization",
    "Content-Encoding",
    "Content-Type",
    "Idempotency-Key",
    "If-Match",
    "If-None-Match",
    "Last-Event-ID",
    "Traceparent",
    "X-Request-ID",
)
SHOWN = (
    "Accept-Encoding",
    "Allow",
    "ETag",
    "Link",
    "Location",
    "RateLimit",
    "RateLimit-Policy",
    "Retry-After",
    "WWW-Authenticate",
    "X-Request-ID",
)


class Cors(CORSMiddleware):
    """Starlette's, but for a refusal, which is a problem like any other."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope) if scope["type"] == "http" else Headers()
        is_preflight = "origin" in headers and "access-control-request-method" in headers
        if not is_preflight or scope["method"] != "OPTIONS":
            await super().__call__(scope, receive, send)
            return
        await self._answer(Request(scope), headers)(scope, receive, send)

    def _answer(self, request: Request, headers: Headers) -> Response:
        """Keep the headers that say for whom the answer is."""
        response = self.preflight_response(headers)
        if response.status_code != HTTPStatus.BAD_REQUEST:
            return response
        kept = {name: value for name, value in response.headers.items() if not name.startswith("content-")}
        return answer(request, HTTPStatus.BAD_REQUEST, bytes(response.body).decode(), headers=kept)
