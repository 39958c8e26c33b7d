"""The API's description (OpenAPI 3.1) and its interactive page, which needs no internet access."""

from collections.abc import Awaitable, Callable, Iterator
from http import HTTPStatus
from importlib.resources import files
from pathlib import Path
from typing import Any

import orjson
from fastapi import FastAPI, Request, Response
from fastapi.responses import FileResponse, HTMLResponse

from hello.interface.http.problems import Problem, problems

SUMMARY = "Knows whose birthday it is, says hello, and lets you send a gift."
DOCUMENT = "/openapi.json"
DESCRIPTION = """\
JSON in and out, in UTF-8. Times are RFC 3339 in UTC, dates `YYYY-MM-DD`, money is whole cents.
Every error is a problem of RFC 9457 (`application/problem+json`).
A failed validation is 400 and names each field.
A list is read page by page: `next_cursor` of one page is the `cursor` of the next.
"""
START = """
Start with `PUT /hello/John`, then `GET /hello/John`. What needs a token takes the `access_token` of a log-in.
`docs/contract.md` of the repository says what clients can rely on.
"""
PAGES = {"web page": "./", "status": "status"}
LINKS = {
    "interactive description": "docs",
    "OpenAPI document": "openapi.json",
    "readiness": "api/v1/health/ready",
    "version": "version",
}
METRICS = {"metrics": "metrics"}
TAGS = {
    "birthdays": "Remember people, greet them, and list who celebrates.",
    "accounts": "Register, log in and out, and the keys that verify access tokens.",
    "items": "The gift catalogue.",
    "search": "Find gifts by words; typos are forgiven.",
    "orders": "Gifts on their way, each visible to its customer only.",
    "audit": "Who changed what and when, for administrators.",
    "health": "Whether the process lives and works, and its measurements.",
}
ASSETS = ("swagger-ui-bundle.js", "swagger-ui.css", "favicon-32x32.png")
OWN_SCRIPT = "start-swagger-ui.js"
PAGE = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Hello: the API</title>
<link rel="icon" href="swagger/favicon-32x32.png">
<link rel="stylesheet" href="swagger/swagger-ui.css">
</head>
<body>
<div id="swagger-ui" data-document="openapi.json"></div>
<noscript>This page needs JavaScript. <a href="openapi.json">The OpenAPI document</a> does not.</noscript>
<script src="swagger/swagger-ui-bundle.js"></script>
<script src="swagger/start-swagger-ui.js"></script>
</body>
</html>
"""
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
EVERYWHERE = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.REQUEST_URI_TOO_LONG,
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    HTTPStatus.SERVICE_UNAVAILABLE,
)
"""What a connection answers by itself, before a route is known (`refusals`)."""


def introduction(*, has_metrics: bool, is_worker: bool) -> str:
    """Link what the process serves, relative to `/docs` and `/openapi.json`: that works under any prefix."""
    links = ({} if is_worker else PAGES) | LINKS | (METRICS if has_metrics else {})
    listed = " · ".join(f"[{name}]({path})" for name, path in links.items())
    return f"{DESCRIPTION}{'' if is_worker else START}\n{listed}\n"


def description(public_url: str, *, has_metrics: bool, is_worker: bool) -> dict[str, Any]:
    """Return what FastAPI puts into the document as it is."""
    return {
        "title": "Hello",
        "summary": SUMMARY,
        "description": introduction(has_metrics=has_metrics, is_worker=is_worker),
        "version": "1",
        "license_info": {"name": "Apache License 2.0", "identifier": "Apache-2.0"},
        "openapi_tags": [{"name": name, "description": text} for name, text in TAGS.items()],
        "servers": [{"url": public_url or "/"}],
        "root_path_in_servers": False,
    }


def describe(app: FastAPI, public_url: str) -> None:
    """Serve `/docs`, and complete the document of `/openapi.json`."""
    app.add_api_route(DOCUMENT, read_document, include_in_schema=False)
    add_page(app)
    generate = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = completed(generate(), public_url)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's documented way to extend the document


def completed(document: dict[str, Any], public_url: str) -> dict[str, Any]:
    """Add what FastAPI leaves out: the problem's schema, what needs no token, and where tokens are issued."""
    components = document.setdefault("components", {})
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    components.setdefault("schemas", {}).update(problem.pop("$defs", {}) | {"Problem": problem})
    for operation in operations(document):
        operation.setdefault("security", [])
        add_everywhere(operation["responses"])
        for parameter in operation.get("parameters", ()):
            parameter["schema"] = without_null(parameter["schema"])
    for scheme in components.get("securitySchemes", {}).values():
        for flow in scheme.get("flows", {}).values():
            flow["tokenUrl"] = public_url + flow["tokenUrl"]
    return document


def add_everywhere(responses: dict[str, Any]) -> None:
    """Add what any request may be answered; what a route says of such a status itself stays."""
    refusals = problems(*EVERYWHERE)
    own = {"default": responses.pop("default", refusals.pop("default"))}
    described = {str(status): response for status, response in refusals.items()} | responses
    responses.clear()
    responses.update(dict(sorted(described.items())) | own)


def without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """Let a parameter be left out; its text is never null, as Python's default is."""
    kinds = [kind for kind in schema.get("anyOf", ()) if kind != {"type": "null"}]
    if len(kinds) != 1:
        return schema
    rest = {word: value for word, value in schema.items() if word != "anyOf"}
    return {**kinds[0], **rest}


def operations(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for path in document["paths"].values():
        yield from path.values()


def add_page(app: FastAPI) -> None:
    """Refer to everything from `/docs` on: that works at any host, under any prefix, with or without TLS."""
    library = Path(str(files("fastapi_swagger.resources")))
    for path in (*(library / name for name in ASSETS), Path(__file__).with_name(OWN_SCRIPT)):
        app.add_api_route(f"/swagger/{path.name}", file_of(path), include_in_schema=False)

    async def show() -> HTMLResponse:
        return HTMLResponse(PAGE, headers={"Content-Security-Policy": POLICY})

    app.add_api_route("/docs", show, include_in_schema=False)


def file_of(path: Path) -> Callable[[], Awaitable[FileResponse]]:
    async def read() -> FileResponse:
        return FileResponse(path)

    return read


def write_document(app: FastAPI) -> None:
    """Write it while the process starts: it takes a tenth of a second, for which all others would wait."""
    app.state.document = orjson.dumps(app.openapi())


async def read_document(request: Request) -> Response:
    return Response(request.app.state.document, media_type="application/json")
