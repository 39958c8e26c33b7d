"""The one place where errors become HTTP: problem details (RFC 9457)."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse

from hello.core.logs import RateLimitedLog
from hello.entities.errors import (
    BusyError,
    ConflictError,
    ForbiddenError,
    InvalidError,
    KeyReusedError,
    NotFoundError,
    StaleError,
    TooManyError,
    UnauthorizedError,
    UnavailableError,
    UnknownOutcomeError,
)
from hello.interface.http.allow import allowed_methods
from hello.interface.http.paths import own_path

MEDIA_TYPE = "application/problem+json"
SAFE = {"GET", "HEAD", "OPTIONS"}
"""Methods that change nothing (RFC 9110, 9.2.1)."""
FAULT = "something went wrong on our side"
CHALLENGE = "/hello/"
BUSINESS: dict[type[Exception], HTTPStatus] = {
    InvalidError: HTTPStatus.BAD_REQUEST,
    NotFoundError: HTTPStatus.NOT_FOUND,
    ConflictError: HTTPStatus.CONFLICT,
    ForbiddenError: HTTPStatus.FORBIDDEN,
    KeyReusedError: HTTPStatus.UNPROCESSABLE_ENTITY,
    StaleError: HTTPStatus.PRECONDITION_FAILED,
    TooManyError: HTTPStatus.TOO_MANY_REQUESTS,
    UnauthorizedError: HTTPStatus.UNAUTHORIZED,
    BusyError: HTTPStatus.SERVICE_UNAVAILABLE,
    UnavailableError: HTTPStatus.SERVICE_UNAVAILABLE,
}
RETRY_AFTER_S = 5
"""When to try again what was refused with 503."""
ROUTE_MISSING = "no such route"
HEADERS = {
    HTTPStatus.SERVICE_UNAVAILABLE: {"Retry-After": str(RETRY_AFTER_S)},
    HTTPStatus.UNAUTHORIZED: {"WWW-Authenticate": "Bearer"},
}


LENGTHS = {"too_long": ("at most", "max_length"), "too_short": ("at least", "min_length")}


class FieldError(BaseModel):
    field: str
    message: str


class Problem(BaseModel):
    """What went wrong, for programs and for people."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "type": "about:blank",
                "title": "Bad Request",
                "status": 400,
                "detail": "dateOfBirth: must be before today",
                "instance": "/hello/John",
                "request_id": "4f1c-2a",
                "errors": [{"field": "dateOfBirth", "message": "must be before today"}],
            }
        }
    )

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    instance: str
    request_id: str
    errors: list[FieldError] | None = None


def problems(*statuses: HTTPStatus) -> dict[int | str, dict[str, Any]]:
    """Document a route's errors; the `default` entry also keeps FastAPI from promising a 422."""
    described = {int(status): status.phrase for status in statuses} | {"default": "Any other problem"}
    return {
        status: {"description": text, "content": problem_content(status)}
        for status, text in described.items()
    }


def problem_content(status: int | str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {
        MEDIA_TYPE: {"schema": schema}
        if status == "default"
        else {"schema": schema, "example": example(status)}
    }


def example(status: int | str) -> dict[str, Any]:
    phrase = HTTPStatus(int(status)).phrase
    problem = Problem(
        title=phrase,
        status=int(status),
        detail="What went wrong.",
        instance="/hello/John",
        request_id="4f1c-2a",
    )
    return problem.model_dump(exclude_none=True)


def answer_with_problems(app: FastAPI) -> None:
    app.state.outages = RateLimitedLog(logger=structlog.get_logger("hello.http"))
    for kind in BUSINESS:
        app.add_exception_handler(kind, answer_business)
    app.exception_handler(RequestValidationError)(answer_invalid)
    app.exception_handler(HTTPException)(answer_http)
    app.exception_handler(ClientDisconnect)(answer_disconnect)
    app.exception_handler(Exception)(answer_unexpected)


async def answer_business(request: Request, error: Exception) -> JSONResponse:
    status = status_of(error)
    if isinstance(error, UnknownOutcomeError) and request.method in SAFE:
        error = UnavailableError("the database could not finish the work", reason=error.reason)
    if isinstance(error, UnavailableError):
        request.app.state.outages.warning("request failed", error.explanation)
    if isinstance(error, UnavailableError) and own_path(request.scope).startswith(CHALLENGE):
        status = HTTPStatus.INTERNAL_SERVER_ERROR  # the challenge asks for it
        detail = str(error) if isinstance(error, UnknownOutcomeError) else FAULT
        return answer(request, status, detail)
    if isinstance(error, InvalidError):
        return answer_fields(request, [FieldError(field=error.field, message=str(error))])
    if isinstance(error, TooManyError):
        return answer(request, status, str(error), headers={"Retry-After": str(error.retry_after_s)})
    return answer(request, status, str(error), headers=HEADERS.get(status))


def status_of(error: Exception) -> HTTPStatus:
    """Return the status of a business error; raise `StopIteration` for any other."""
    return next(BUSINESS[kind] for kind in type(error).__mro__ if kind in BUSINESS)


async def answer_invalid(request: Request, error: RequestValidationError) -> JSONResponse:
    errors = error.errors()
    if any(wrong["loc"] == ("body",) for wrong in errors) and wrong_type(request, error.body):
        return answer(request, HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "the body must be application/json")
    return answer_fields(
        request, [FieldError(field=field_of(wrong), message=message_of(wrong)) for wrong in errors]
    )


def wrong_type(request: Request, body: object) -> bool:
    """Let an empty body pass: it has no type that could be wrong."""
    kind = request.headers.get("Content-Type", "").split(";")[0].strip().lower()
    return bool(body) and kind != "application/json"


def field_of(wrong: Mapping[str, Any]) -> str:
    """Name the field as the client does, `lines.0.quantity`, without where it was: body, path or query."""
    place, *path = wrong["loc"]
    return ".".join(map(str, path)) if path and wrong["type"] != "json_invalid" else str(place)


def message_of(wrong: Mapping[str, Any]) -> str:
    """Count characters, where pydantic counts items; do not say how long a secret was."""
    if limit := LENGTHS.get(wrong["type"]):
        (word, bound), context = limit, wrong["ctx"]
        unit = "items" if context.get("field_type") == "List" else "characters"
        return f"{word} {context[bound]} {unit}"
    return str(wrong["msg"]).removeprefix("Value error, ")


def answer_fields(request: Request, errors: list[FieldError]) -> JSONResponse:
    detail = "; ".join(f"{wrong.field}: {wrong.message}" for wrong in errors)
    return answer(request, HTTPStatus.BAD_REQUEST, detail, errors=errors)


async def answer_http(request: Request, error: HTTPException) -> JSONResponse:
    """Answer what the framework raises itself, such as 404 and 405, with its headers."""
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        return answer_method(request)
    status = HTTPStatus(error.status_code)
    detail = ROUTE_MISSING if is_route_missing(error) else error.detail
    return answer(request, status, detail, headers=error.headers)


def is_route_missing(error: HTTPException) -> bool:
    """Tell Starlette's own error from a 404 that a route has raised."""
    return error.status_code == HTTPStatus.NOT_FOUND and error.detail == HTTPStatus.NOT_FOUND.phrase


async def answer_disconnect(request: Request, error: Exception) -> JSONResponse:  # noqa: ARG001
    """Record a body that its client has broken off as the client's doing; the answer is not read."""
    return answer(request, HTTPStatus.BAD_REQUEST, "the body is not complete")


def answer_method(request: Request) -> JSONResponse:
    allowed = ", ".join(allowed_methods(request))
    detail = f"this path takes {allowed}"
    return answer(request, HTTPStatus.METHOD_NOT_ALLOWED, detail, headers={"Allow": allowed})


async def answer_unexpected(request: Request, _: Exception) -> JSONResponse:
    return answer(request, HTTPStatus.INTERNAL_SERVER_ERROR, FAULT)


def answer(
    request: Request,
    status: HTTPStatus,
    detail: str,
    *,
    headers: Mapping[str, str] | None = None,
    errors: list[FieldError] | None = None,
) -> JSONResponse:
    problem = Problem(
        title=status.phrase,
        status=status,
        detail=detail,
        instance=request.scope["raw_path"].decode("latin-1"),
        request_id=request.state.request_id,
        errors=errors,
    )
    return JSONResponse(problem.model_dump(exclude_none=True), status, headers, MEDIA_TYPE)
