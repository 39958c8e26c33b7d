"""Forms: those of pages, and logging in as OAuth 2 does it, from the interactive documentation."""

from typing import Annotated, Any
from urllib.parse import parse_qsl

from fastapi import Depends, Request
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.exceptions import HTTPException

from hello.entities.errors import InvalidError
from hello.interface.http.schemas.accounts import LoginForm

MAX_BYTES = 8192
FORM = "application/x-www-form-urlencoded"
LOGIN_FORM: dict[str, Any] = {
    "requestBody": {"required": True, "content": {FORM: {"schema": LoginForm.model_json_schema()}}}
}


async def form_fields(request: Request, max_bytes: int = MAX_BYTES) -> dict[str, str]:
    """Read the form ourselves: that is six lines, and the library for it also takes files and charsets."""
    body = await request.body()
    kind = request.headers.get("Content-Type", "").split(";")[0].strip().lower()
    if kind != FORM and (body or kind):
        raise HTTPException(415, f"the body must be {FORM}")
    if len(body) > max_bytes:
        raise HTTPException(413, f"the form is larger than {max_bytes} bytes")
    try:
        return dict(parse_qsl(body.decode(), errors="strict"))
    except UnicodeDecodeError:
        raise InvalidError("must be UTF-8", field="body") from None


async def form_of(request: Request) -> LoginForm:
    fields = await form_fields(request)
    try:
        return LoginForm.model_validate(fields)
    except ValidationError as error:
        raise RequestValidationError(wrong_fields(error)) from None


def wrong_fields(error: ValidationError) -> list[dict[str, Any]]:
    """Return the errors as FastAPI has those of a body."""
    return [{**one, "loc": ("body", *one["loc"])} for one in error.errors()]


GivenForm = Annotated[LoginForm, Depends(form_of)]
