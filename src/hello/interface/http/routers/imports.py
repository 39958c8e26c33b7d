"""Many people at once, for administrators."""

from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Any

import orjson
from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse
from starlette.exceptions import HTTPException

from hello.entities.errors import InvalidError
from hello.interface.http.callers import Admin, AdminStream
from hello.interface.http.dependencies import Imports
from hello.interface.http.large import in_slices
from hello.interface.http.problems import problems
from hello.interface.http.schemas.imports import ImportResponse
from hello.interface.people_files import Kind, read_people
from hello.services.imports import ImportService

ADMIN = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
EXAMPLES = {
    Kind.NDJSON: '{"username": "John", "dateOfBirth": "1990-05-17"}\n',
    Kind.CSV: "username,dateOfBirth\nJohn,1990-05-17\n",
}


def file_of(kind: Kind) -> dict[str, Any]:
    """Describe a file of people; `binary` is what generators take for a file."""
    return {kind.value: {"schema": {"type": "string", "format": "binary"}, "example": EXAMPLES[kind]}}


FILE = {"requestBody": {"required": True, "content": file_of(Kind.NDJSON) | file_of(Kind.CSV)}}
router = APIRouter(prefix="/api/v1/birthdays", tags=["birthdays"])


@router.post(
    "/import",
    operation_id="importPeople",
    dependencies=[AdminStream],
    openapi_extra=FILE,
    responses=problems(
        HTTPStatus.BAD_REQUEST,
        *ADMIN,
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        HTTPStatus.SERVICE_UNAVAILABLE,
    ),
)
async def import_people(request: Request, imports: Imports) -> ImportResponse:
    """Save people line by line, however many; the same file may be sent again."""
    report = await imports.run(read_people(in_slices(request.stream()), kind_of(request)))
    return ImportResponse.model_validate(report)


def is_chunked(request: Request) -> bool:
    return "Transfer-Encoding" in request.headers


def kind_of(request: Request) -> Kind:
    given = request.headers.get("Content-Type", "").split(";")[0].strip().lower()
    if not given and request.headers.get("Content-Length", "0") == "0" and not is_chunked(request):
        raise InvalidError("is missing", field="body")
    if given not in set(Kind):
        kinds = " or ".join(Kind)
        raise HTTPException(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"the body must be {kinds}")
    return Kind(given)


@router.get(
    "/export",
    operation_id="exportPeople",
    dependencies=[Admin],
    response_class=Response,
    responses={HTTPStatus.OK: {"content": file_of(Kind.NDJSON)}}
    | problems(*ADMIN, HTTPStatus.SERVICE_UNAVAILABLE),
)
async def export_people(imports: Imports) -> StreamingResponse:
    """Stream everybody as NDJSON, by name, in the form that an import takes."""
    return StreamingResponse(lines(imports), media_type=Kind.NDJSON)


async def lines(imports: ImportService) -> AsyncIterator[bytes]:
    """Join lines into chunks: a chunk for each would cost more than its making."""
    chunk = bytearray()
    async for person in imports.export():
        chunk += orjson.dumps({"username": person.username, "dateOfBirth": person.date_of_birth}) + b"\n"
        if len(chunk) > 1 << 16:
            yield bytes(chunk)
            chunk.clear()
    yield bytes(chunk)
