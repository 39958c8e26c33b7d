"""HTTP/1.0 clients may not know chunks (RFC 9112, 6.1): closing ends a body without a length."""

from dataclasses import dataclass

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hello.interface.http.serving.request_cycle import RequestCycle


@dataclass(slots=True)
class WithoutChunks:
    """Stands before the application, for one request."""

    app: ASGIApp
    cycle: RequestCycle
    ends_by_closing: bool = False

    async def __call__(self, scope: Scope, receive: Receive, _: Send) -> None:
        """Expect no such client to know `100 Continue` either (RFC 9110, 10.1.1)."""
        self.cycle.waiting_for_100_continue = False
        await self.app(scope, receive, self.send)

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start" and not has_length(message):
            self.ends_by_closing = True
            self.cycle.chunked_encoding = self.cycle.keep_alive = False
        elif self.ends_by_closing:
            self.cycle.expected_content_length = len(message.get("body", b""))
        await self.cycle.send(message)  # type: ignore[arg-type]  # the same messages, typed by Uvicorn


def has_length(message: Message) -> bool:
    return any(name.lower() == b"content-length" for name, _ in message.get("headers", ()))
