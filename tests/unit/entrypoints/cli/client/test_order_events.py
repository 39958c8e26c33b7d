"""Following an order over connections that are lost."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx
import pytest
from httpx_sse import EventSource

from hello.entrypoints.cli.client.api import RetryableError
from hello.entrypoints.cli.client.order_events import Change, change_of, follow
from hello.entrypoints.cli.client.output import ClientError

LOST = RetryableError("no answer")


def a_change(number: int, status: str = "CREATED") -> Change:
    return Change("order.updated", str(number), {"status": status})


@dataclass
class Connections:
    """Each connection has a script: its changes, and the error that ends it or keeps it from starting."""

    scripts: list[list[Change | ClientError]]
    seen: list[str] = field(default_factory=list)
    pauses: list[float] = field(default_factory=list)
    errors: list[RetryableError | None] = field(default_factory=list)

    @contextmanager
    def connect(self, seen: str) -> Iterator[Iterator[Change]]:
        self.seen.append(seen)
        script = self.scripts.pop(0)
        if len(script) == 1 and isinstance(script[0], ClientError):
            raise script[0]
        yield self.play(script)

    def play(self, script: list[Change | ClientError]) -> Iterator[Change]:
        for step in script:
            if isinstance(step, ClientError):
                raise step
            yield step

    def wait(self, pause_s: float, error: RetryableError | None) -> None:
        self.pauses.append(pause_s)
        self.errors.append(error)

    def ids(self) -> list[str]:
        return [change.id for change in follow(self.connect, self.wait)]


@pytest.mark.parametrize("status", ["SHIPPED", "CANCELLED"])
def test_following_ends_with_the_final_change(status: str) -> None:
    connections = Connections([[a_change(1), a_change(2, status), a_change(3)]])
    assert connections.ids() == ["1", "2"]
    assert connections.pauses == []


def test_lost_connection_is_resumed_after_the_last_change() -> None:
    connections = Connections([[a_change(1), a_change(2), LOST], [a_change(3, "SHIPPED")]])
    assert connections.ids() == ["1", "2", "3"]
    assert connections.seen == ["", "2"]
    assert connections.errors == [LOST]


def test_stream_that_the_service_ends_is_resumed_without_an_error() -> None:
    connections = Connections([[a_change(1)], [a_change(2, "SHIPPED")]])
    assert connections.ids() == ["1", "2"]
    assert connections.errors == [None]


def test_connection_without_changes_keeps_the_place() -> None:
    connections = Connections([[a_change(1)], [], [a_change(2, "SHIPPED")]])
    connections.ids()
    assert connections.seen == ["", "1", "1"]


def test_pauses_double_up_to_a_bound_and_start_again_after_a_connection() -> None:
    failures: list[list[Change | ClientError]] = [[LOST] for _ in range(7)]
    connections = Connections([[a_change(1)], *failures, [a_change(2), LOST], [a_change(3, "SHIPPED")]])
    connections.ids()
    assert connections.pauses == [1, 2, 4, 8, 16, 30, 30, 30, 1]


def test_pause_is_at_least_what_the_service_asks_for() -> None:
    busy = RetryableError("too many", retry_after_s=60)
    connections = Connections([[a_change(1)], [busy], [a_change(2, "SHIPPED")]])
    connections.ids()
    assert connections.pauses == [1, 60]


def test_first_connection_is_not_tried_again() -> None:
    with pytest.raises(RetryableError, match="no answer"):
        Connections([[LOST]]).ids()


def test_refusal_ends_following_at_any_time() -> None:
    with pytest.raises(ClientError, match="the session is over"):
        Connections([[a_change(1)], [ClientError("the session is over")]]).ids()


def test_title_with_a_line_separator_is_one_event() -> None:
    body = 'event: order.created\nid: 1\ndata: {"title": "a\u2028b\u0085c", "status": "CREATED"}\n\n'
    response = httpx.Response(200, text=body, headers={"Content-Type": "text/event-stream"})
    changes = [change_of(event) for event in EventSource(response).iter_sse()]
    assert [change.order["title"] for change in changes] == ["a\u2028b\u0085c"]


def test_event_without_an_order_is_an_error_and_no_traceback() -> None:
    for data in ("{", "[]", "null", '{"id": 1}'):
        response = httpx.Response(
            200, text=f"data: {data}\n\n", headers={"Content-Type": "text/event-stream"}
        )
        with pytest.raises(ClientError, match="unexpected event"):
            [change_of(event) for event in EventSource(response).iter_sse()]
