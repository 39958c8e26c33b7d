"""Streams of server-sent events, as a client reads them."""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from tests.support.http.orders import OrderClient

Sent = dict[str, str]


def events_in(lines: Iterator[str]) -> Iterator[Sent]:
    """Read as HTML Living Standard 9.2.6 has it, without comments."""
    event: Sent = {}
    for line in lines:
        if not line and "data" in event:
            yield event
            event = {}
        elif line and not line.startswith(":"):
            name, _, value = line.partition(": ")
            event[name] = value


@contextmanager
def following(
    client: httpx.Client, order_client: OrderClient, path: str, seen: str = ""
) -> Iterator[Iterator[Sent]]:
    headers = order_client.ada.headers | {"Last-Event-ID": seen}
    with client.stream("GET", f"{path}/events", headers=headers) as answer:
        assert answer.status_code == 200
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        assert answer.headers["Cache-Control"] == "no-store"
        yield events_in(answer.iter_lines())
