"""Large bodies, in and out: worked on in slices, so that the event loop can do other work between them."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Iterable
from typing import TypeVar

import orjson
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

PIECE_BYTES = 65_536
SLICE_BYTES = 1024  # of lines that are parsed: a bad line may have two bytes, and costs 7 µs
UNBROKEN_BYTES = 4096  # of JSON that is written
Entry = TypeVar("Entry")
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


async def in_slices(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Cut chunks into slices that are parsed in a millisecond or two."""
    async for chunk in chunks:
        for first in range(0, len(chunk), SLICE_BYTES):
            yield chunk[first : first + SLICE_BYTES]
            await asyncio.sleep(0)


async def json_page(
    key: str, entries: Iterable[Entry], render: Callable[[Entry], bytes], **rest: object
) -> bytes:
    """Return a JSON object with the entries, each rendered by itself, and the rest."""
    pieces, unbroken = [orjson.dumps(rest)[:-1], b"," if rest else b"", b'"%b":[' % key.encode()], 0
    for number, entry in enumerate(entries):
        pieces += [b"," if number else b"", render(entry)]
        unbroken += len(pieces[-1])
        if unbroken > UNBROKEN_BYTES:
            await asyncio.sleep(0)
            unbroken = 0
    return b"".join([*pieces, b"]}"])
