"""Whether the process lives, and paths that do not exist, on the fast path."""

from collections.abc import Iterator
from http import HTTPStatus

import orjson

from hello.interface.http.fast_routes.common import FastContext
from hello.interface.http.problems import MEDIA_TYPE, ROUTE_MISSING
from hello.interface.http.schemas.health import LivenessResponse
from hello.interface.http.serving.fast_path import FastRequest, FastRoute
from hello.interface.http.serving.refusals import Refusal, parts_of

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


def missing_route(context: FastContext) -> FastRoute:
    return FastRoute("GET", b"", UNMATCHED, AnswerMissing(context).begin, takes_query=True)


class AnswerMissing:
    def __init__(self, context: FastContext) -> None:
        self.missing = context.kind("GET", UNMATCHED, HTTPStatus.NOT_FOUND, MEDIA_TYPE)
        self.before, self.between, self.after = parts_of(MISSING)

    def begin(self, request: FastRequest) -> None:
        instance = orjson.dumps(request.cycle.scope["raw_path"].decode("latin-1"))
        own_id = request.request_id()
        body = b"".join([self.before, instance, self.between, own_id.encode(), self.after])
        request.answer(self.missing, body, request_id=own_id)
