"""Conditional requests (RFC 9110, section 13): entity tags, which here are versions."""

import re
from typing import Annotated, TypeAlias

from fastapi import Header

TAG = re.compile(r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"')
IfMatch = Annotated[str | None, Header(description="Change it only while its `ETag` is one of these")]
IfNoneMatch = Annotated[str | None, Header(description="Answer 304 while its `ETag` is one of these")]
Seen: TypeAlias = frozenset[int] | None


def etag(version: int) -> str:
    return f'"{version}"'


def seen_versions(if_match: str | None) -> Seen:
    """Return the versions that the client would change; None for any. Weak tags never match."""
    if if_match is None or if_match.strip() == "*":
        return None
    return frozenset(int(tag[1:-1]) for tag in TAG.findall(if_match) if is_version(tag))


def is_version(tag: str) -> bool:
    return tag[1:-1].isascii() and tag[1:-1].isdecimal() and len(tag) <= len('"2147483647"')


def is_known(if_none_match: str | None, current: str) -> bool:
    """Say whether the client has it already; weak tags match here."""
    if if_none_match is None:
        return False
    return if_none_match.strip() == "*" or current in {
        tag.removeprefix("W/") for tag in TAG.findall(if_none_match)
    }
