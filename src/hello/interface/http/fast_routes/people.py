"""`/hello` on the fast path."""

import re
from collections.abc import Iterator
from datetime import date
from http import HTTPStatus

from hello.entities.people import USERNAME_PATTERN
from hello.interface.http.fast_routes.common import FastContext, is_json, plain_body
from hello.interface.http.serving.fast_path import FastRequest, FastRoute
from hello.services.people import SavePerson

ROUTE = "/hello/{username}"
NAME = re.compile(USERNAME_PATTERN.encode())
BODY = re.compile(
    rb'[ \t\r\n]*\{[ \t\r\n]*"dateOfBirth"[ \t\r\n]*:'
    rb'[ \t\r\n]*"(\d{4}-\d\d-\d\d)"[ \t\r\n]*\}[ \t\r\n]*'
)


def people_routes(context: FastContext) -> Iterator[FastRoute]:
    path, greet, save = b"/hello", Greet(context), Save(context)
    yield FastRoute("GET", path, ROUTE, greet.begin, last=NAME)
    yield FastRoute("PUT", path, ROUTE, save.begin, last=NAME, takes_body=True)


class Greet:
    def __init__(self, context: FastContext) -> None:
        self.context, self.greeted = context, context.kind("GET", ROUTE, HTTPStatus.OK)

    def begin(self, request: FastRequest) -> None:
        people = self.context.use_cases.people
        people.greet_nowait(request.argument, request.start, request.callback(self.end))

    def end(self, request: FastRequest, greeting: str | None, error: Exception | None) -> None:
        if greeting is None:
            request.fall_through(error)
        else:
            request.answer(self.greeted, b'{"message":"%b"}' % greeting.encode())


class Save:
    def __init__(self, context: FastContext) -> None:
        self.context, self.saved = context, context.kind("PUT", ROUTE, HTTPStatus.NO_CONTENT)

    def begin(self, request: FastRequest) -> None:
        body = plain_body(request, self.context.body_limit) if is_json(request) else None
        born = date_in(body) if body else None
        if born is None:
            request.fall_through()
            return
        wanted = SavePerson(username=request.argument, date_of_birth=born)
        self.context.use_cases.people.save_nowait(wanted, request.callback(self.end))

    def end(self, request: FastRequest, error: Exception | None) -> None:
        if error is None:
            request.answer(self.saved)
        else:
            request.fall_through(error)


def date_in(body: bytes) -> date | None:
    match = BODY.fullmatch(body)
    try:
        return date.fromisoformat(match[1].decode()) if match else None
    except ValueError:
        return None
