"""Which methods a path has, over all of its routes."""

from collections.abc import Iterator

from fastapi.routing import iter_route_contexts
from starlette.requests import Request
from starlette.routing import compile_path

from hello.interface.http.paths import own_path


def allowed_methods(request: Request) -> list[str]:
    """Return every method of the request's path; Starlette itself names those of the first route only."""
    return sorted({method for allowed in methods(request) for method in allowed})


def methods(request: Request) -> Iterator[set[str]]:
    path = own_path(request.scope)
    for route in iter_route_contexts(request.app.routes):
        if route.path is not None and compile_path(route.path)[0].match(path):
            allowed = route.methods or set()
            yield allowed | {"HEAD"} if "GET" in allowed else allowed
