"""Files of people: however they are cut into chunks, the lines are the same."""

from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hello.interface.people_files import read_people
from hello.interface.people_formats import Kind
from hello.services.imports import Line, LineError

NDJSON = b"""\xef\xbb\xbf{"username": "John", "dateOfBirth": "1990-05-17"}\r
\r
{"username": "Jane", "dateOfBirth": "1990-05-18", "shoeSize": 43}
{"username": "J0hn", "dateOfBirth": "1990-05-17"}
{"username": "John", "dateOfBirth": "1990-02-30"}
{"username": 7, "dateOfBirth": 8}
[]
{"username": "\xff"}
{"username": "Jim", "dateOfBirth": "1990-05-17"}"""
CSV = b"""username,dateOfBirth
John,1990-05-17
"Jane","1990-05-18"
J0hn,1990-05-17
John
"John,1990-05-17
"""


async def chunks(data: bytes, size: int) -> AsyncIterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


async def read(data: bytes, kind: Kind, size: int = 1000) -> list[Line | LineError]:
    return [line async for line in read_people(chunks(data, size), kind)]


@given(st.integers(1, 100))
async def test_ndjson_lines_do_not_depend_on_chunks(size: int) -> None:
    assert await read(NDJSON, Kind.NDJSON, size) == await read(NDJSON, Kind.NDJSON)


async def test_ndjson_lines_are_read() -> None:
    lines = await read(NDJSON, Kind.NDJSON)
    assert [(line.number, line.person.username) for line in lines if isinstance(line, Line)] == [
        (1, "John"),
        (3, "Jane"),
        (9, "Jim"),
    ]
    assert [(line.line, line.message.split(":")[0]) for line in lines if isinstance(line, LineError)] == [
        (4, "username"),
        (5, "dateOfBirth"),
        (6, "username"),
        (7, "line"),
        (8, "line"),
    ]


async def test_csv_lines_are_read() -> None:
    lines = await read(CSV, Kind.CSV)
    assert [line.person.username for line in lines if isinstance(line, Line)] == ["John", "Jane"]
    assert [line.line for line in lines if isinstance(line, LineError)] == [4, 5, 6]


@pytest.mark.parametrize("kind", Kind)
async def test_a_line_without_end_does_not_fill_the_memory(kind: Kind) -> None:
    lines = await read(b"x" * 1_000_000 + b"\n" + b"\n", kind, 1000)
    (error,) = lines
    assert isinstance(error, LineError)
    assert "longer than 65536" in error.message
