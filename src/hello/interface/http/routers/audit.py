"""The audit trail, for administrators."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from hello.interface.http.admins import Admin
from hello.interface.http.dependencies import Audit
from hello.interface.http.large import LargeResponse, json_page
from hello.interface.http.limits import limited
from hello.interface.http.pagination import cursors_of, open_cursor, single
from hello.interface.http.parameters import Cursor, Limit
from hello.interface.http.problems import problems
from hello.interface.http.schemas.audit import AuditEntryResponse, AuditResponse
from hello.interface.http.schemas.texts import Id

ERRORS = (HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS)
KIND = ("audit",)
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
    place = open_cursor(cursors, cursor, KIND, lambda parts: int(single(parts)))
    entries, before = await audit.page(subject_id, place, limit)
    following = None if before is None else cursors.seal(*KIND, str(before))
    body = await json_page("entries", entries, AuditEntryResponse.json_of, next_cursor=following)
    return LargeResponse(body, media_type="application/json")
