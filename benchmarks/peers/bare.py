"""The limit: an ASGI app without routes, database and checks, which gives everybody the same answer."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, TypeAlias

Message: TypeAlias = MutableMapping[str, Any]

BODY = b'{"message":"Hello, John! Your birthday is in 177 day(s)"}'
HEADERS = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(BODY))]
GREETING = {"type": "http.response.start", "status": 200, "headers": HEADERS}
GREETING_BODY = {"type": "http.response.body", "body": BODY}
SAVED = {"type": "http.response.start", "status": 204, "headers": []}
SAVED_BODY = {"type": "http.response.body", "body": b""}


async def app(
    scope: Message,
    receive: Callable[[], Awaitable[Message]],
    send: Callable[[Message], Awaitable[None]],
) -> None:
    if scope["method"] == "GET":
        await send(GREETING)
        await send(GREETING_BODY)
    else:
        await receive()
        await send(SAVED)
        await send(SAVED_BODY)
