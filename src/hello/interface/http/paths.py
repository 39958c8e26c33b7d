"""Paths: one whose last part is any text, and all of them below the path of PUBLIC_URL."""

from collections.abc import Iterable, Mapping
from typing import Any

from starlette.convertors import Convertor, register_url_convertor
from starlette.requests import Request

from hello.core.settings import SettingsError

PROBES = ("/api/v1/health", "/api/v1/health/ready", "/metrics")
"""Asked every few seconds: answered also beyond the limits of connections and load, and not traced."""
STATUS = "/status"
UNCOUNTED = {*PROBES, STATUS}
"""Routes that the objective of availability leaves out: they tell of a fault by a 503."""
API = frozenset({".well-known", "api", "docs", "hello", "metrics", "openapi.json", "swagger", "version"})
ACCOUNT = frozenset({"account", "login", "logout", "register"})
PAGES = ACCOUNT | {"admin", "assets", "birthdays", "catalogue", "orders", "status"}
OWN = API | PAGES
"""The first parts of all paths, but for the start page."""


class TextConvertor(Convertor[str]):
    """Makes what is no name a 400 and not an unknown path.

    Starlette's own `path` stops at a newline: `john%0A` would be 404.
    """

    regex = r"[\s\S]*"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


def path_of(prefix: str, parameter: str) -> str:
    """Return the template of a path whose last part is any text; Starlette knows convertors by name only."""
    register_url_convertor("text", TextConvertor())
    return f"{prefix}{{{parameter}:text}}"


class MissingPaths:
    """Tells paths that surely belong to no route: by their first part, or by the first three below `/api`."""

    def __init__(self, templates: Iterable[str]) -> None:
        own = ("/", *(f"/{part}" for part in OWN - {"api"}))
        self._known = {beginning(template.encode()) for template in (*templates, *own)}

    def has(self, path: bytes) -> bool:
        """Leave percent-escapes, which could hide a route, to the router."""
        return path.startswith(b"/") and b"%" not in path and beginning(path) not in self._known


def beginning(path: bytes) -> tuple[bytes, ...]:
    parts = path.split(b"/", 4)[1:4]
    return tuple(parts if parts[:1] == [b"api"] else parts[:1])


def wants_page(scope: Mapping[str, Any]) -> bool:
    """Say whether a browser asks for a page: outside of the API, and with HTML by name in `Accept`."""
    headers = scope["headers"]
    takes_html = any(name == b"accept" and b"text/html" in value for name, value in headers)
    return takes_html and not own_path(scope).startswith("/api")


def check_prefix(prefix: str) -> None:
    """Raise `SettingsError` for a prefix that a request without it could begin with as well."""
    first = prefix.removeprefix("/").partition("/")[0]
    if first in OWN:
        raise SettingsError(
            f"PUBLIC_URL: the path must not begin with /{first}, a path of the service itself"
        )


def prefixed(scope: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    """Return what a request's scope has with the prefix as its `root_path`, which ASGI keeps in `path`.

    A proxy may remove the prefix or leave it, and others ask the process without it.
    """
    if not prefix:
        return {}
    raw, path = scope["raw_path"], scope["path"]
    if not raw.startswith(f"{prefix}/".encode()):
        raw, path = prefix.encode() + raw, prefix + path
    return {"root_path": prefix, "raw_path": raw, "path": path}


def own_path(scope: Mapping[str, Any]) -> str:
    """Return the path as the service knows it, without the prefix."""
    return str(scope["path"]).removeprefix(scope.get("root_path", ""))


def reference(request: Request, path: str) -> str:
    """Return what a client resolves to this path of the service: with the prefix, without scheme and host."""
    return f"{request.scope.get('root_path', '')}{path}"


def route_of(scope: Mapping[str, Any]) -> str:
    """Return the path's template: it names no person, and there are few of them."""
    path: str = getattr(scope.get("route"), "path", "unmatched")
    return path.replace(":text", "")
