"""Who celebrates, on the fast path: the first page of today, and the coming days."""

import asyncio
from collections.abc import Iterator, Mapping
from functools import partial
from http import HTTPStatus
from typing import NamedTuple

from hello.core.cursors import Cursors
from hello.core.single_flight import SingleFlight
from hello.entities.errors import InvalidError
from hello.interface.http.cached_responses import CachedResponse, render_today, render_upcoming
from hello.interface.http.fast_routes.common import (
    DEFAULT_LIMIT,
    FastContext,
    RenderOnce,
    limit_of,
    number_of,
    query_of,
)
from hello.interface.http.pagination import BirthdayPlace, open_birthday_cursor
from hello.interface.http.parameters import DEFAULT_DAYS, MAX_DAYS
from hello.interface.http.serving.fast_path import FastRequest, FastRoute
from hello.services.birthdays import Render
from hello.services.lookups import BirthdayPage

TODAY, UPCOMING = "/api/v1/birthdays/today", "/api/v1/birthdays/upcoming"


def todays_first_page(cursors: Cursors, prefix: str) -> Render:
    """Return what renders the page that a request without parameters gets."""
    return partial(render_today, cursors, prefix + TODAY, DEFAULT_LIMIT)


def birthday_routes(context: FastContext, cursors: Cursors) -> Iterator[FastRoute]:
    today = ListToday(context, todays_first_page(cursors, context.prefix))
    yield FastRoute("GET", TODAY.encode(), TODAY, today.begin)
    upcoming = ListUpcoming(context, cursors)
    yield FastRoute("GET", UPCOMING.encode(), UPCOMING, upcoming.begin, takes_query=True)


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


class Wanted(NamedTuple):
    place: BirthdayPlace
    days: int
    limit: int


class ListUpcoming:
    def __init__(self, context: FastContext, cursors: Cursors) -> None:
        self.context, self.cursors, self.path = context, cursors, context.prefix + UPCOMING
        self.listed = context.kind("GET", UPCOMING, HTTPStatus.OK)
        self.render: RenderOnce[BirthdayPage, tuple[bytes, bytes]] = RenderOnce(self._rendered)

    def begin(self, request: FastRequest) -> None:
        if (wanted := self._wanted(query_of(request.query))) is None:
            request.fall_through()
            return
        place, days, limit = wanted
        end = request.callback(self._end, days, limit)
        self.context.use_cases.birthdays.celebrating_nowait(place.day, days, place.after, limit, end)

    def _end(
        self,
        request: FastRequest,
        days: int,
        limit: int,
        page: BirthdayPage | None,
        error: Exception | None,
    ) -> None:
        if page is None:
            request.fall_through(error)
            return
        lines, body = self.render(page, days, limit)
        request.answer(self.listed, body, lines)

    def _rendered(self, page: BirthdayPage, days: int, limit: int) -> tuple[bytes, bytes]:
        return render_upcoming(page, self.cursors, self.path, days, limit).lines()

    def _wanted(self, query: Mapping[str, str] | None) -> Wanted | None:
        """Return None for a query that the application has to read, or refuse."""
        if query is None or query.keys() - {"cursor", "days", "limit"}:
            return None
        days, limit = number_of(query.get("days", str(DEFAULT_DAYS))), limit_of(query)
        if days is None or limit is None or not 1 <= days <= MAX_DAYS:
            return None
        today = self.context.use_cases.birthdays.today(None)
        try:
            place = open_birthday_cursor(self.cursors, "upcoming", query.get("cursor"), today)
        except InvalidError:
            return None
        return Wanted(place, days, limit)
