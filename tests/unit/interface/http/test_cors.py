"""A page of another origin may send every header that the API reads, and read every one that it sends."""

import ast
from collections.abc import Iterator
from pathlib import Path

import hello.interface.http
from hello.interface.http.cors import SENT, SHOWN

SET_BY_BROWSERS = {
    "accept",
    "accept-encoding",
    "access-control-request-method",
    "connection",
    "content-length",
    "expect",
    "host",
    "origin",
    "transfer-encoding",
}
SAFELISTED = {"cache-control", "content-length", "content-type"}  # those of the Fetch Standard that occur
FOR_PROXIES = {"content-encoding", "vary", "x-accel-buffering"}  # and for caches
FOR_BROWSERS = {"content-security-policy"}  # they obey it, no script reads it
ONE_WORD = {"Age", "Allow", "ETag", "Expires", "Link", "Location", "RateLimit", "Refresh", "Trailer", "Vary"}
FOLDER = Path(hello.interface.http.__file__).parent


def nodes() -> Iterator[ast.AST]:
    for path in FOLDER.rglob("*.py"):
        yield from ast.walk(ast.parse(path.read_text()))


def text(node: ast.AST) -> str:
    """Return a constant, bytes or text, in small letters; nothing for another node."""
    value = node.value if isinstance(node, ast.Constant) else ""
    return (value.decode() if isinstance(value, bytes) else str(value)).lower()


def is_headers(node: ast.AST) -> bool:
    return ast.unparse(node).split(".")[-1] == "headers"


def headers_read() -> Iterator[str]:
    """Yield what is looked up in `headers` or compared with a `name`; parameters of routes are not here."""
    for node in nodes():
        match node:
            case ast.Call(func=ast.Attribute(value, "get" | "getlist"), args=[name, *_]) if is_headers(value):
                yield text(name)
            case ast.Subscript(value, name, ast.Load()) if is_headers(value):
                yield text(name)
            case ast.Compare(name, [ast.In() | ast.NotIn()], [value]) if is_headers(value):
                yield text(name)
            case ast.Compare(ast.Name("name"), [ast.Eq()], [ast.Constant(bytes()) as name]):
                yield text(name)


def headers_sent() -> Iterator[str]:
    """Yield the keys of dictionaries that are names of headers, keys of `headers`, and yielded names."""
    for node in nodes():
        match node:
            case ast.Dict(keys=keys):
                yield from (text(key) for key in keys if key and is_name(key))
            case ast.Subscript(value, name, ast.Store()) if is_headers(value):
                yield text(name)
            case ast.Yield(ast.Tuple([ast.Constant(bytes()) as name, _])):
                yield text(name)


def is_name(node: ast.AST) -> bool:
    """Say whether it has a dash, or is one of the registered names of one word."""
    value = node.value if isinstance(node, ast.Constant) else None
    return isinstance(value, str) and ("-" in value or value in ONE_WORD)


def lowered(names: tuple[str, ...]) -> set[str]:
    return {name.lower() for name in names}


def test_every_header_that_is_read_may_be_sent() -> None:
    found = {name for name in headers_read() if name}
    assert {"authorization", "content-type", "traceparent", "x-request-id"} <= found
    assert found - SET_BY_BROWSERS <= lowered(SENT)


def test_every_header_that_is_sent_may_be_read() -> None:
    found = {name for name in headers_sent() if name}
    assert {"ratelimit-policy", "retry-after", "x-request-id"} <= found
    assert found - SAFELISTED - FOR_PROXIES - FOR_BROWSERS <= lowered(SHOWN)
