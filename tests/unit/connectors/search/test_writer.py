"""Bulk requests: each of a size that engines and proxies take."""

from typing import Any

import orjson
from uuid_utils.compat import uuid7

from hello.connectors.search.writer import MAX_BULK_BYTES, Write, bodies_of

QUARTER = "x" * (MAX_BULK_BYTES // 4)


def lines(body: bytes) -> list[Any]:
    assert body.endswith(b"\n")
    return [orjson.loads(line) for line in body.splitlines()]


def test_writes_go_to_each_alias() -> None:
    put: Write = (uuid7(), 3, {"title": "A kite"})
    remove: Write = (uuid7(), 4, None)
    [body] = bodies_of(["items", "items-next"], [put, remove])
    heads = [
        {"_index": alias, "_id": str(write[0]), "version": write[1], "version_type": "external"}
        for write in (put, remove)
        for alias in ("items", "items-next")
    ]
    assert lines(body) == [
        {"index": heads[0]},
        {"title": "A kite"},
        {"index": heads[1]},
        {"title": "A kite"},
        {"delete": heads[2]},
        {"delete": heads[3]},
    ]


def test_large_documents_are_spread_over_requests() -> None:
    writes: list[Write] = [(uuid7(), 1, {"description": QUARTER}) for _ in range(7)]
    bodies = list(bodies_of(["items"], writes))
    assert [len(lines(body)) // 2 for body in bodies] == [3, 3, 1]
    assert all(len(body) <= MAX_BULK_BYTES for body in bodies)


def test_document_that_is_larger_has_a_request_of_its_own() -> None:
    sizes = [QUARTER, QUARTER * 5, QUARTER]
    bodies = bodies_of(["items"], [(uuid7(), 1, {"description": text}) for text in sizes])
    assert [len(lines(body)) for body in bodies] == [2, 2, 2]
