"""The API's description (OpenAPI 3.1) and its interactive page, which needs no internet access."""

from typing import Any

from fastapi import FastAPI
from fastapi_swagger import patch_fastapi

from hello.interface.http.problems import Problem

SUMMARY = "Knows whose birthday it is, says hello, and lets you send a gift."


def describe(app: FastAPI) -> None:
    """Serve `/docs`, and name the problem's schema once for all routes."""
    patch_fastapi(app, redirect_from_root_to_docs=False)
    generate = app.openapi

    def openapi() -> dict[str, Any]:
        document = generate()
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas |= problem.pop("$defs", {}) | {"Problem": problem}
        return document

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's documented way to extend the document
