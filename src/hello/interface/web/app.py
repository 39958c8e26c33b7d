"""The pages as a part of the HTTP application."""

from http import HTTPStatus

from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException

from hello.interface.http.paths import wants_page
from hello.interface.http.problems import answer_http, is_route_missing
from hello.interface.web import assets
from hello.interface.web.pages import Pages, show_error
from hello.interface.web.routers import accounts, admins, birthdays, items, orders, status
from hello.interface.web.year_wheel import LastWheel


def add_pages(app: FastAPI) -> None:
    """Add every page, and what pages need: templates and assets are read once."""
    app.state.pages, app.state.last_wheel = Pages.load(), LastWheel()
    for part in (birthdays, accounts, items, orders, admins, status, assets):
        app.include_router(part.router)
    app.exception_handler(HTTPException)(answer_missing)


async def answer_missing(request: Request, error: HTTPException) -> Response:
    """Show a page to a person who has followed a wrong link; programs get a problem."""
    if is_route_missing(error) and request.method == "GET" and wants_page(request.scope):
        return show_error(request, HTTPStatus.NOT_FOUND, "there is no such page")
    return await answer_http(request, error)
