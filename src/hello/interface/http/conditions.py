"""Conditional requests (RFC 9110, section 13): entity tags, which here are versions."""

import re
from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, Header, Request
from starlette.exceptions import HTTPException

from hello.entities.base import SeenVersions

TAG = r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"'
TAGS = re.compile(TAG)
LIST = re.compile(rf"[ \t,]*(?:{TAG}[ \t]*(?:,[ \t,]*|$))*")
MAX_LIST = 8192
GREATEST = 2**31 - 1
VERSION = re.compile(r'"(0|[1-9][0-9]{0,9})"')


async def if_match_of(
    request: Request,
    _if_match: Annotated[
        str | None,
        Header(alias="If-Match", description="Change it only while its `ETag` is one of these"),
    ] = None,
) -> str | None:
    return joined(request, "If-Match")


async def if_none_match_of(
    request: Request,
    _if_none_match: Annotated[
        str | None, Header(alias="If-None-Match", description="Answer 304 while its `ETag` is one of these")
    ] = None,
) -> str | None:
    return joined(request, "If-None-Match")


IfMatch = Annotated[str | None, Depends(if_match_of)]
IfNoneMatch = Annotated[str | None, Depends(if_none_match_of)]


def joined(request: Request, name: str) -> str | None:
    """Return all lines of a header as one list (RFC 9110, 5.3)."""
    lines = request.headers.getlist(name)
    return ", ".join(lines) if lines else None


def etag(version: int) -> str:
    return f'"{version}"'


def seen_versions(if_match: str | None) -> SeenVersions:
    """Return the versions that the client would change; None for any. Weak tags never match."""
    if if_match is None or if_match.strip() == "*":
        return None
    matches = map(VERSION.fullmatch, tags_of(if_match))
    return frozenset(int(match[1]) for match in matches if match and int(match[1]) <= GREATEST)


def needed_versions(if_match: str | None) -> SeenVersions:
    """Return the same; raise 428 for a client that would change what it may not have seen (RFC 6585)."""
    if if_match is None:
        raise HTTPException(
            HTTPStatus.PRECONDITION_REQUIRED, "If-Match is required: send the ETag that you have read"
        )
    return seen_versions(if_match)


def tags_of(header: str) -> list[str]:
    """Return the tags of a list, and none of what is no list: half of it may not be what was meant."""
    is_list = len(header) <= MAX_LIST and LIST.fullmatch(header)
    return TAGS.findall(header) if is_list else []


def is_known(if_none_match: str | None, current: str) -> bool:
    """Say whether the client has it already; weak tags match here."""
    if if_none_match is None:
        return False
    known = {tag.removeprefix("W/") for tag in tags_of(if_none_match)}
    return if_none_match.strip() == "*" or current in known
