"""Paths: one whose last part is any text, and all of them below the path of PUBLIC_URL."""

from collections.abc import Mapping
from typing import Any

from starlette.convertors import Convertor, register_url_convertor
from starlette.requests import Request

from hello.core.settings import SettingsError

PROBES = ("/api/v1/health", "/api/v1/health/ready", "/metrics")
"""Asked every few seconds: answered also beyond the limits of connections and load, and not traced."""
OWN = frozenset({".well-known", "api", "docs", "hello", "metrics", "openapi.json", "swagger", "version"})


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


def is_missing(path: bytes) -> bool:
    """Say whether surely no route begins like this path; percent-escapes could hide one."""
    first = path[1:].partition(b"/")[0]
    return path.startswith(b"/") and b"%" not in first and first.decode("latin-1") not in OWN


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
