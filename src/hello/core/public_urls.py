"""The public URL: the address that clients use where it differs from the one the service receives."""

import re

from hello.core.urls import split_url

SCHEMES = {"http", "https"}
HOST = re.compile(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*\.?|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*")
PATH = re.compile(r"(/(?!\.{1,2}(/|$))[A-Za-z0-9._~-]+)*/?")


def read_public_url(text: str) -> str:
    """Return the URL without its final slash; raise `ValueError` if it cannot prefix a path.

    Its path has no character that needs escaping, so headers and documents can use it unchanged.
    """
    parts = split_url(text, SCHEMES)
    if parts.user or parts.password or parts.query or set("?#@") & set(text):
        raise ValueError("must be a scheme, a host and a path only, such as https://example.com/gifts")
    if len(parts.hosts) != 1 or HOST.fullmatch(parts.hosts[0][0]) is None:
        raise ValueError("needs the name or address of one host")
    if PATH.fullmatch(path_of(text)) is None:
        raise ValueError("the path takes ASCII letters, digits, '-', '.', '_' and '~' between single slashes")
    return text.rstrip("/")


def checked_public_url(url: str) -> str:
    """Accept an empty URL, which means that there is none."""
    return read_public_url(url) if url else ""


def path_of(url: str) -> str:
    """Return the path of a URL, with its first slash; empty for none."""
    return "/".join(["", *url.split("/")[3:]]) if url.count("/") > 2 else ""  # noqa: PLR2004  # the slashes of ://
