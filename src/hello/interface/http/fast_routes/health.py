"""Whether the process lives, and paths that do not exist, on the fast path."""

from collections.abc import Iterable, Iterator
from http import HTTPStatus

from hello.interface.http.fast_routes.common import FastContext
from hello.interface.http.paths import MissingPaths, wants_page
from hello.interface.http.problems import MEDIA_TYPE, ROUTE_MISSING
from hello.interface.http.schemas.health import LivenessResponse
from hello.interface.http.serving.fast_path import FastRequest, FastRoute, MissingRoute
from hello.interface.http.serving.refusals import Refusal

LIVENESS, UNMATCHED = "/api/v1/health", "unmatched"
MISSING = Refusal(HTTPStatus.NOT_FOUND, ROUTE_MISSING, UNMATCHED)


def health_routes(context: FastContext) -> Iterator[FastRoute]:
    yield FastRoute("GET", LIVENESS.encode(), LIVENESS, ReadLiveness(context).begin)


class ReadLiveness:
    def __init__(self, context: FastContext) -> None:
        self.lives = context.kind("GET", LIVENESS, HTTPStatus.OK)
        self.body = LivenessResponse().model_dump_json().encode()

    def begin(self, request: FastRequest) -> None:
        request.answer(self.lives, self.body)


def missing_route(context: FastContext, templates: Iterable[str]) -> MissingRoute:
    """Answer for paths that begin like none of the templates."""
    route = FastRoute("GET", b"", UNMATCHED, AnswerMissing(context).begin, takes_query=True)
    return MissingRoute(route, MissingPaths(templates))


class AnswerMissing:
    def __init__(self, context: FastContext) -> None:
        self.missing = context.kind("GET", UNMATCHED, HTTPStatus.NOT_FOUND, MEDIA_TYPE)

    def begin(self, request: FastRequest) -> None:
        """Leave a browser to the application, which has a page for it."""
        if wants_page(request.cycle.scope):
            request.fall_through()
            return
        own_id, path = request.request_id(), request.cycle.scope["raw_path"].decode("latin-1")
        request.answer(self.missing, MISSING.body(own_id, path), request_id=own_id)
