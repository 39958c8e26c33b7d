"""Requests that other sites cause (CSRF): refused by what browsers say of where a request comes from.

See W3C Fetch Metadata, and RFC 6454 for `Origin`. Every browser sends one of the two with a form.
"""

from urllib.parse import urlsplit

from fastapi import Request

from hello.entities.errors import ForbiddenError
from hello.interface.http.problems import SAFE

OWN_SITES = frozenset({"same-origin", "none"})
"""`none` is a person's own doing, such as sending a form again."""
REFUSED = "this request comes from another site"


async def same_origin(request: Request) -> None:
    """Raise `ForbiddenError` for a change that a page of another origin has asked for."""
    if request.method in SAFE:
        return
    site = request.headers.get("Sec-Fetch-Site")
    is_own = site in OWN_SITES if site else request.headers.get("Origin") == own_origin(request)
    if not is_own:
        raise ForbiddenError(REFUSED)


def own_origin(request: Request) -> str:
    """Return the origin of `PUBLIC_URL`, else the one that the client has asked."""
    public_url: str = request.app.state.public_url
    parts = urlsplit(public_url or str(request.url))
    return f"{parts.scheme}://{parts.netloc}"


def is_https(request: Request) -> bool:
    return own_origin(request).startswith("https://")


def local_path(text: str | None) -> str:
    """Return the text if it is a path of this service, else `/`: it must not lead to another site.

    Browsers take `//host` for another host, a backslash for a slash, and leave out tabs and newlines.
    """
    if text is None or not text.startswith("/") or text.startswith("//"):
        return "/"
    return text if text.isascii() and text.isprintable() and "\\" not in text else "/"
