"""The audit trail, for administrators."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from hello.interface.http.admins import Admin
from hello.interface.http.dependencies import Audit
from hello.interface.http.large import LargeResponse, json_page
from hello.interface.http.limits import limited
from hello.interface.http.pagination import audit_cursor, audit_place, cursors_of
from hello.interface.http.parameters import Cursor, Limit
from hello.interface.http.problems import problems
from hello.interface.http.schemas.audit import AuditEntryResponse, AuditResponse
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
    cursor: Cursor = None,
) -> Response:
    """List who changed what and when, the newest first."""
    cursors = cursors_of(request)
    entries, before = await audit.page(subject_id, audit_place(cursors, cursor), limit)
    following = audit_cursor(cursors, before)
    body = await json_page("entries", entries, AuditEntryResponse.json_of, next_cursor=following)
    return LargeResponse(body, media_type="application/json")
