"""The audit trail, for administrators."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from hello.entities.errors import InvalidError
from hello.interface.http.admins import Admin
from hello.interface.http.dependencies import Audit
from hello.interface.http.large import LargeResponse, json_page
from hello.interface.http.limits import limited
from hello.interface.http.problems import problems
from hello.interface.http.schemas.audit import AuditEntryResponse, AuditResponse
from hello.interface.http.schemas.birthdays import CursorText, cursors_of
from hello.interface.http.schemas.paging import Limit
from hello.interface.http.schemas.texts import Id

ERRORS = (HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS)
router = APIRouter(prefix="/api/v1/audit", tags=["audit"], dependencies=[Admin, Depends(limited("audit"))])


@router.get(
    "",
    operation_id="listAuditEntries",
    response_model=AuditResponse,
    responses=problems(*ERRORS, HTTPStatus.SERVICE_UNAVAILABLE),
)
async def list_entries(
    request: Request,
    audit: Audit,
    subject_id: Annotated[Id | None, Query(description="Only of this account or item")] = None,
    limit: Limit = 20,
    cursor: CursorText = None,
) -> Response:
    """List who changed what and when, the newest first."""
    found, before = await audit.page(subject_id, place_of(request, cursor), limit)
    following = None if before is None else cursors_of(request).seal("audit", str(before))
    body = await json_page("entries", found, AuditEntryResponse.json_of, next_cursor=following)
    return LargeResponse(body, media_type="application/json")


def place_of(request: Request, cursor: str | None) -> int | None:
    """Return the id below which the page begins; raise `InvalidError` for a cursor of something else."""
    if cursor is None:
        return None
    try:
        (before,) = cursors_of(request).open_as(cursor, "audit")
        return int(before)
    except ValueError:
        raise InvalidError("is not one that was handed out here", field="cursor") from None
