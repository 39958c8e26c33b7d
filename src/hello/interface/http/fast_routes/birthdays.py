"""The first page of who celebrates today, on the fast path."""

import asyncio
from collections.abc import Iterator
from functools import partial
from http import HTTPStatus

from hello.core.cursors import Cursors
from hello.core.single_flight import SingleFlight
from hello.interface.http.cached_responses import CachedResponse, render_today
from hello.interface.http.fast_routes.common import DEFAULT_LIMIT, FastContext
from hello.interface.http.serving.fast_path import FastRequest, FastRoute
from hello.services.birthdays import Render

TODAY = "/api/v1/birthdays/today"


def todays_first_page(cursors: Cursors, prefix: str) -> Render:
    """Return what renders the page that a request without parameters gets."""
    return partial(render_today, cursors, prefix + TODAY, DEFAULT_LIMIT)


def birthday_routes(context: FastContext, cursors: Cursors) -> Iterator[FastRoute]:
    today = ListToday(context, todays_first_page(cursors, context.prefix))
    yield FastRoute("GET", TODAY.encode(), TODAY, today.begin)


class ListToday:
    def __init__(self, context: FastContext, render: Render) -> None:
        self.context, self.render = context, render
        self.listed = context.kind("GET", TODAY, HTTPStatus.OK)
        self.single_flight: SingleFlight[None, tuple[bytes, bytes]] = SingleFlight()

    def begin(self, request: FastRequest) -> None:
        task = self.single_flight.start(None, self._page)
        task.add_done_callback(request.callback(self._end))

    async def _page(self) -> tuple[bytes, bytes]:
        """Return the lines of the headers that belong to the list, and the body."""
        birthdays = self.context.use_cases.birthdays
        rendered = await birthdays.rendered_today(birthdays.today(None), "", DEFAULT_LIMIT, self.render)
        return CachedResponse.unpack(rendered).lines()

    def _end(self, request: FastRequest, task: asyncio.Task[tuple[bytes, bytes]]) -> None:
        if error := task.exception():
            request.fall_through(error)
        else:
            lines, body = task.result()
            request.answer(self.listed, body, lines)
