"""Large bodies: finished before the head is sent, compressed where the client takes that, sent in pieces."""

import asyncio
import re

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

PIECE_BYTES = 65_536
REFUSED = re.compile(r";\s*q=0(?:\.0*)?\s*$")


class LargeResponse(Response):
    """Lets others have the event loop between pieces: to copy 2 MB into the kernel takes a millisecond."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002  # ASGI
        start = {"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers}
        await send(start)
        body = memoryview(self.body)
        for first in range(0, len(body) - PIECE_BYTES, PIECE_BYTES):
            piece = bytes(body[first : first + PIECE_BYTES])
            await send({"type": "http.response.body", "body": piece, "more_body": True})
            await asyncio.sleep(0)
        last = bytes(body[-(len(body) % PIECE_BYTES or PIECE_BYTES) :])
        await send({"type": "http.response.body", "body": last})


def takes_gzip(accept_encoding: str) -> bool:
    """Read the header (RFC 9110, 12.5.3): by name or by `*`, and not with `q=0`; none at all means no."""
    taken = {}
    for part in accept_encoding.lower().split(","):
        taken[part.partition(";")[0].strip()] = REFUSED.search(part) is None
    return taken.get("gzip", taken.get("*", False))
