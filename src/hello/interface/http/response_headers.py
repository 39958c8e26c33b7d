"""What the API's description says of the headers of good answers."""

from http import HTTPStatus
from typing import Any

Headers = dict[str, dict[str, Any]]


def with_headers(status: HTTPStatus, headers: Headers) -> dict[int | str, dict[str, Any]]:
    return {status.value: {"headers": headers}}


def tagged(what: str) -> Headers:
    return {"ETag": text(f"The version of the {what}")}


def placed(what: str) -> Headers:
    return tagged(what) | {"Location": text(f"Where the {what} is")}


def text(description: str) -> dict[str, Any]:
    return {"description": description, "schema": {"type": "string"}}
