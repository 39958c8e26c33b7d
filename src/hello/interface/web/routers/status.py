"""The status page: whether the service works, for people, from the checks of readiness."""

import asyncio
from http import HTTPStatus

from fastapi import APIRouter, Request, Response

from hello.core.clock import now
from hello.entities.errors import UnavailableError
from hello.interface.http.dependencies import Health, use_cases
from hello.interface.http.paths import STATUS
from hello.interface.web.objectives import shown_objectives
from hello.interface.web.pages import PageRoute, page
from hello.interface.web.sessions import find_visitor
from hello.services.event_lag import Lag
from hello.services.health import Health as Report
from hello.services.health import Readiness

NAMES = {
    "database": "the database",
    "cache": "the cache",
    "broker": "the message broker",
    "search": "the search engine",
}
router = APIRouter(route_class=PageRoute, include_in_schema=False)


@router.get(STATUS)
async def show_status(request: Request, health: Health) -> Response:
    """Answer 503 when requests should not be sent here; the page is whole without the database as well."""
    _, report, lag = await asyncio.gather(find_visitor_if_possible(request), health.ready(), lag_of(request))
    status = HTTPStatus.SERVICE_UNAVAILABLE if report.status is Readiness.UNREADY else HTTPStatus.OK
    return page(
        request,
        "status.html",
        status,
        report=report,
        sentence=sentence(report),
        names=NAMES,
        build=request.app.state.build,
        objectives=await asyncio.to_thread(shown_objectives, request.app.state.metrics),
        since=request.app.state.metrics.since,
        lag=lag,
        checked_at=now(),
    )


async def find_visitor_if_possible(request: Request) -> None:
    """Show the page to a stranger if the database cannot say who asks."""
    try:
        await find_visitor(request)
    except UnavailableError:
        request.state.visitor = None


async def lag_of(request: Request) -> Lag | None:
    """Return None when the database cannot be asked."""
    try:
        return await use_cases(request).event_lag.read()
    except UnavailableError:
        return None


def sentence(report: Report) -> str:
    """Say in one sentence what works."""
    missing = listed([NAMES.get(check.name, check.name) for check in report.checks if not check.up])
    if report.status is Readiness.READY:
        return "Everything works."
    if report.status is Readiness.DEGRADED:
        return f"Works, but without {missing}."
    needed = [NAMES.get(one.name, one.name) for one in report.checks if one.required and not one.up]
    reason = f"{listed(needed)} cannot be used" if needed else "this process is shutting down"
    return f"Not available: {reason}."


def listed(names: list[str]) -> str:
    """Return `a, b and c`."""
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))
