"""Many people at once, for administrators."""

from collections.abc import AsyncIterator
from email.message import Message
from http import HTTPStatus
from typing import Any

import orjson
from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse
from starlette.exceptions import HTTPException

from hello.entities.errors import InvalidError
from hello.interface.http.admins import AdminStream, RecordedAdmin
from hello.interface.http.dependencies import Audit, Imports
from hello.interface.http.large import in_slices
from hello.interface.http.problems import FieldError, answer, problems
from hello.interface.http.schemas.imports import ImportResponse
from hello.interface.people_files import read_people
from hello.interface.people_formats import CHARSETS, CsvForm, Kind
from hello.services.imports import ImportReport, ImportService

HEADER = {None: None, "present": True, "absent": False}
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
    openapi_extra=FILE,
    response_model=ImportResponse,
    responses=problems(
        HTTPStatus.BAD_REQUEST,
        *ADMIN,
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        HTTPStatus.SERVICE_UNAVAILABLE,
    ),
)
async def import_people(
    request: Request, use: AdminStream, imports: Imports, audit: Audit
) -> ImportReport | Response:
    """Save people line by line, however many; the same file may be sent again; 400 if no line is good."""
    kind, form = kind_of(request), form_of(request)
    report = await imports.run(read_people(in_slices(request.stream()), kind, form))
    await audit.record_import(use, accepted=report.accepted, rejected=report.rejected)
    return report if report.accepted else nothing_saved(request, report)


def nothing_saved(request: Request, report: ImportReport) -> Response:
    """Name the lines as the fields that are wrong."""
    if not report.rejected:
        raise InvalidError("has no people in it", field="body")
    detail = f"none of {report.rejected} lines is a person; the first is line {report.errors[0].line}"
    errors = [FieldError(field=f"line {error.line}", message=error.message) for error in report.errors]
    return answer(request, HTTPStatus.BAD_REQUEST, detail, errors=errors)


def is_chunked(request: Request) -> bool:
    return "Transfer-Encoding" in request.headers


def kind_of(request: Request) -> Kind:
    content_type = request.headers.get("Content-Type", "").split(";")[0].strip().lower()
    if not content_type and request.headers.get("Content-Length", "0") == "0" and not is_chunked(request):
        raise InvalidError("is missing", field="body")
    if content_type not in set(Kind):
        kinds = " or ".join(Kind)
        raise unsupported(f"the body must be {kinds}")
    return Kind(content_type)


def form_of(request: Request) -> CsvForm:
    """Read the parameters of `text/csv` (RFC 4180): `charset`, and `header=present` or `absent`."""
    given = Message()
    given["Content-Type"] = request.headers.get("Content-Type", "")
    charset, header = given.get_content_charset("utf-8"), given.get_param("header")
    if charset not in CHARSETS:
        raise unsupported(f"the charset must be one of {', '.join(CHARSETS)}")
    if header not in HEADER:
        raise unsupported("the parameter header is present or absent")
    return CsvForm(charset, HEADER[header])


def unsupported(message: str) -> HTTPException:
    return HTTPException(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, message)


@router.get(
    "/export",
    operation_id="exportPeople",
    dependencies=[RecordedAdmin],
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
