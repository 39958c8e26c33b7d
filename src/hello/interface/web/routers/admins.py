"""Pages for administrators: importing and exporting people, the audit trail, and dead letters."""

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import Depends, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BeforeValidator, Field

from hello.entities.errors import ConflictError, InvalidError, NotFoundError
from hello.interface.http.admins import record_use
from hello.interface.http.dependencies import Audit, DeadLetters, Imports
from hello.interface.http.large import in_slices
from hello.interface.http.limits import limited
from hello.interface.http.pagination import (
    audit_cursor,
    audit_place,
    cursors_of,
    dead_letter_cursor,
    dead_letter_place,
)
from hello.interface.http.parameters import Cursor, whole
from hello.interface.http.routers.imports import form_of, kind_of, lines
from hello.interface.people_files import read_people
from hello.interface.people_formats import Kind
from hello.interface.web.forms import AuditQuery, parsed
from hello.interface.web.pages import page, page_router, redirect
from hello.interface.web.sessions import Administrator, administrator
from hello.services.audit import AdminUse
from hello.services.dead_letters import DeadLetterService, Redriven

PAGE = 20
FILE_NAME = "people.ndjson"
DeadLetterId = Annotated[int, BeforeValidator(whole), Field(ge=1, le=2**63 - 1)]
router = page_router("/admin", Depends(administrator), Depends(limited("audit")))


async def recorded_use(request: Request, visitor: Administrator) -> AdminUse:
    await record_use(request, visitor.caller.account_id)
    use: AdminUse = request.state.admin_use
    return use


async def unlimited_use(request: Request, use: Annotated[AdminUse, Depends(recorded_use)]) -> AdminUse:
    """Accept a body of any size from a known administrator; the route must not keep it in memory."""
    request.state.unlimited = True
    return use


RecordedUse = Annotated[AdminUse, Depends(recorded_use)]


@router.get("")
async def show_import(request: Request) -> Response:
    return page(request, "admin_people.html", report=None)


@router.post("/import")
async def import_people(
    request: Request, use: Annotated[AdminUse, Depends(unlimited_use)], imports: Imports, audit: Audit
) -> Response:
    """Save people line by line, however many, and show what became of the lines; 400 if no line is good."""
    kind, form = kind_of(request), form_of(request)
    report = await imports.run(read_people(in_slices(request.stream()), kind, form))
    await audit.record_import(use, accepted=report.accepted, rejected=report.rejected)
    if not (report.accepted or report.rejected):
        raise InvalidError("the file has no people in it", field="body")
    status = HTTPStatus.OK if report.accepted else HTTPStatus.BAD_REQUEST
    return page(request, "admin_people.html", status, report=report)


@router.get("/export", dependencies=[Depends(recorded_use)])
async def export_people(imports: Imports) -> StreamingResponse:
    """Send everybody as a file that an import takes."""
    headers = {
        "Content-Disposition": f'attachment; filename="{FILE_NAME}"',
        "Cache-Control": "no-store",
    }
    return StreamingResponse(lines(imports), media_type=Kind.NDJSON, headers=headers)


@router.get("/audit")
async def list_entries(request: Request, audit: Audit, cursor: Cursor = None) -> Response:
    """Show who changed what and when, the newest first."""
    form = parsed(request.query_params, AuditQuery)
    if form.data is None:
        context: dict[str, Any] = {"entries": (), "next_cursor": None}
        return page(request, "admin_audit.html", HTTPStatus.BAD_REQUEST, form=form, **context)
    cursors = cursors_of(request)
    entries, before = await audit.page(form.data.subject_id, audit_place(cursors, cursor), PAGE)
    following = audit_cursor(cursors, before)
    return page(request, "admin_audit.html", form=form, entries=entries, next_cursor=following)


@router.get("/dead-letters")
async def list_dead_letters(request: Request, letters: DeadLetters, cursor: Cursor = None) -> Response:
    """Show the events that a consumer could not handle, the oldest first."""
    return await dead_letters_page(request, letters, cursor=cursor)


@router.post("/dead-letters/redrive")
async def redrive_all(request: Request, letters: DeadLetters, audit: Audit, use: RecordedUse) -> Response:
    """Hand all to their consumers again, and show what became of them."""
    redriven = await letters.redrive_all()
    await audit.record_redrive(use, done=redriven.done, failed=len(redriven.failed), dead_letter=None)
    return await dead_letters_page(request, letters, redriven=redriven)


@router.post("/dead-letters/{dead_id}/redrive")
async def redrive(
    request: Request, dead_id: DeadLetterId, letters: DeadLetters, audit: Audit, use: RecordedUse
) -> Response:
    """Hand one to its consumer again; 409 if it fails again, 404 if it is dead no longer."""
    try:
        await letters.redrive(dead_id)
    except ConflictError as error:
        await audit.record_redrive(use, done=0, failed=1, dead_letter=dead_id)
        redriven = Redriven(failed={dead_id: str(error)})
        return await dead_letters_page(request, letters, HTTPStatus.CONFLICT, redriven=redriven)
    except NotFoundError as error:
        return await dead_letters_page(request, letters, HTTPStatus.NOT_FOUND, problem=str(error))
    await audit.record_redrive(use, done=1, failed=0, dead_letter=dead_id)
    return redirect(request, "/admin/dead-letters", done="redriven")


async def dead_letters_page(
    request: Request,
    letters: DeadLetterService,
    status: HTTPStatus = HTTPStatus.OK,
    *,
    cursor: str | None = None,
    redriven: Redriven | None = None,
    problem: str = "",
) -> Response:
    cursors = cursors_of(request)
    listed, after = await letters.page(dead_letter_place(cursors, cursor), PAGE)
    return page(
        request,
        "admin_dead_letters.html",
        status,
        letters=listed,
        next_cursor=dead_letter_cursor(cursors, after),
        is_first=cursor is None,
        redriven=redriven,
        problem=problem,
    )
