"""Pages as HTML: their templates, the headers that keep them safe, and errors as people see them."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from html import unescape
from http import HTTPStatus
from secrets import token_urlsafe
from typing import Any
from urllib.parse import urlencode, urlsplit

import structlog
from fastapi import APIRouter, Depends, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.params import Depends as DependsParam
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.routing import APIRoute
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from hello.entities.errors import HelloError, TooManyError, UnauthorizedError, UnavailableError
from hello.interface.http.paths import own_path, reference
from hello.interface.http.problems import FAULT, RETRY_AFTER_S, message_of, status_of
from hello.interface.web.assets import Assets
from hello.interface.web.details import data_text, details_text, duration_text
from hello.interface.web.objectives import percent
from hello.interface.web.origins import same_origin
from hello.interface.web.sessions import find_visitor

POLICY = (
    "default-src 'none'",
    "script-src 'nonce-{nonce}'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
)
"""Content Security Policy, level 3: scripts only with the nonce, and never any text as HTML."""
HEADERS = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "Vary": "Cookie",
}
DONE = {
    "remembered": "The birthday is saved.",
    "registered": "Your account is ready. You are logged in.",
    "logged-in": "You are logged in.",
    "logged-out": "You are logged out.",
    "logged-out-everywhere": "You are logged out on all devices.",
    "offered": "Your item is in the catalogue.",
    "ordered": "Your order is placed.",
    "cancelled": "The order is cancelled.",
    "redriven": "The event was handled.",
}
"""What `?done=` may say: a link can choose among these and add nothing."""
log = structlog.get_logger("hello.web")


@dataclass(frozen=True, slots=True)
class Pages:
    environment: Environment
    assets: Assets

    @classmethod
    def load(cls) -> "Pages":
        environment = Environment(
            loader=PackageLoader("hello.interface.web"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        environment.filters.update(
            amount=amount,
            day=day_text,
            moment=moment_text,
            short_day=short_day_text,
            passages=passages,
            details=details_text,
            data=data_text,
            duration=duration_text,
            percent=percent,
        )
        return cls(environment, Assets.read())

    def render(self, request: Request, name: str, status: int = HTTPStatus.OK, **context: object) -> Response:
        """Return the page, which no cache keeps for anybody else."""
        nonce, visitor = token_urlsafe(16), getattr(request.state, "visitor", None)
        url = partial(reference, request)
        html = self.environment.get_template(name).render(
            url=url,
            asset=lambda name: url(self.assets.path(name)),
            nonce=nonce,
            visitor=visitor,
            path=own_path(request.scope),
            done=DONE.get(request.query_params.get("done", "")),
            **context,
        )
        headers = {
            "Content-Security-Policy": "; ".join(POLICY).format(nonce=nonce),
            "Cache-Control": "no-store" if visitor else "private, no-cache",
        }
        return HTMLResponse(html, status, HEADERS | headers)


def page(request: Request, name: str, status: int = HTTPStatus.OK, **context: object) -> Response:
    pages: Pages = request.app.state.pages
    return pages.render(request, name, status, **context)


def redirect(request: Request, path: str, **query: str) -> Response:
    """Send the browser to a page of this service, which it asks for by GET (RFC 9110, 15.4.4)."""
    address = reference(request, path) + (f"?{urlencode(query)}" if query else "")
    return RedirectResponse(address, HTTPStatus.SEE_OTHER, {"Cache-Control": "no-store"})


class PageRoute(APIRoute):
    """Shows errors as pages."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def show(request: Request) -> Response:
            try:
                return await handle(request)
            except UnauthorizedError:
                return log_in_first(request)
            except (HelloError, HTTPException, RequestValidationError) as error:
                return error_page(request, error)
            except ClientDisconnect:
                raise
            except Exception:
                log.exception("page failed")
                return show_error(request, HTTPStatus.INTERNAL_SERVER_ERROR, FAULT)

        return show


def page_router(prefix: str = "", *dependencies: DependsParam) -> APIRouter:
    """Return a router whose pages know who is logged in, and let no other site change anything."""
    return APIRouter(
        prefix=prefix,
        route_class=PageRoute,
        include_in_schema=False,
        dependencies=[Depends(same_origin), Depends(find_visitor), *dependencies],
    )


def log_in_first(request: Request) -> Response:
    """Come back to the page afterwards, after a form to the one that has it; the form is not sent again."""
    url = urlsplit(str(request.url) if request.method == "GET" else request.headers.get("Referer", ""))
    path = url.path.removeprefix(request.scope.get("root_path", "")) or "/"
    return redirect(request, "/login", next=f"{path}?{url.query}" if url.query else path)


def error_page(request: Request, error: HelloError | HTTPException | RequestValidationError) -> Response:
    if isinstance(error, RequestValidationError):
        detail = "; ".join(f"{one['loc'][-1]}: {message_of(one)}" for one in error.errors())
        return show_error(request, HTTPStatus.BAD_REQUEST, detail)
    if isinstance(error, HTTPException):
        status = HTTPStatus(error.status_code)
        return show_error(request, status, "" if error.detail == status.phrase else str(error.detail))
    status = status_of(error)
    if isinstance(error, UnavailableError):
        request.app.state.outages.warning("page failed", error.explanation)
    response = show_error(request, status, str(error))
    if isinstance(error, TooManyError):
        response.headers["Retry-After"] = str(error.retry_after_s)
    elif status is HTTPStatus.SERVICE_UNAVAILABLE:
        response.headers["Retry-After"] = str(RETRY_AFTER_S)
    return response


def show_error(request: Request, status: HTTPStatus, detail: str) -> Response:
    return page(request, "error.html", status, code=int(status), phrase=status.phrase, detail=detail)


def amount(cents: int) -> str:
    """Return `1,234.50` for 123450 cents; the service knows no currency."""
    return f"{cents // 100:,}.{cents % 100:02}"


def day_text(day: date) -> str:
    """Return `17 May 1990`, which scripts replace by what the reader's language has."""
    return f"{day.day} {day:%B %Y}"


def short_day_text(day: date) -> str:
    return f"{day.day} {day:%B}"


def moment_text(moment: datetime) -> str:
    return f"{day_text(moment.date())}, {moment:%H:%M} UTC"


def passages(highlight: str) -> list[tuple[str, bool]]:
    """Return the parts of an escaped text with `<mark>`: plain text, and whether it is a match."""
    parts: list[tuple[str, bool]] = []
    for number, part in enumerate(highlight.split("<mark>")):
        matched, _, rest = part.partition("</mark>") if number else ("", "", part)
        parts += [(unescape(matched), True)] * bool(matched) + [(unescape(rest), False)] * bool(rest)
    return parts
