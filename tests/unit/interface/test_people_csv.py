"""CSV as real programs write it: read right, or refused with the line; never read wrong."""

from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hello.interface.people_csv import OPEN, RECORD_LIMIT, RECORD_LINES, read_csv
from hello.interface.people_formats import LINE_LIMIT, CsvForm
from hello.services.imports import Line, LineError

BOTH = [("Ada", "1990-05-17"), ("Jane", "1991-06-18")]
PLAIN = "username,dateOfBirth\nAda,1990-05-17\nJane,1991-06-18\n"
READ = {
    "plain": PLAIN,
    "without a header": "Ada,1990-05-17\nJane,1991-06-18",
    "blank lines, and one before the header": f"\n\r\n {PLAIN}\n\n",
    "a byte order mark": f"\ufeff{PLAIN}",
    "quoted": '"username","dateOfBirth"\n"Ada","1990-05-17"\n"Jane","1991-06-18"\n',
    "semicolons": PLAIN.replace(",", ";"),
    "quoted, semicolons": '"username";"dateOfBirth"\n"Ada";"1990-05-17"\nJane;"1991-06-18"\n',
    "tabs": PLAIN.replace(",", "\t"),
    "bars": PLAIN.replace(",", "|"),
    "sep=": "sep=;\r\n" + PLAIN.replace(",", ";").replace("\n", "\r\n"),
    "sep= of a tab": '"SEP=\t"\n' + PLAIN.replace(",", "\t"),
    "another order": "dateOfBirth,username\n1990-05-17,Ada\n1991-06-18,Jane\n",
    "another case": "Date_of_Birth,UserName\n1990-05-17,Ada\n1991-06-18,Jane\n",
    "an index": ",username,dateOfBirth\n0,Ada,1990-05-17\n1,Jane,1991-06-18\n",
    "empty columns and lines": "username;dateOfBirth;;\nAda;1990-05-17;;\n;;;\nJane;1991-06-18\n;;;\n",
    "empty columns without a header": "Ada,1990-05-17,,\nJane,1991-06-18,,\n,,,\n",
    "spaces": "username, dateOfBirth\nAda, 1990-05-17\nJane ,1991-06-18\n",
    "other columns": 'notes;username;dateOfBirth\n"a;b";Ada;1990-05-17\n"say ""hi""";Jane;1991-06-18\n',
    "a quoted newline": 'username,dateOfBirth,notes\nAda,1990-05-17,"\nEve,1990-05-17\n"\nJane,1991-06-18,\n',
    "a quoted newline in the header": '"the\nnotes";username;dateOfBirth\n;Ada;1990-05-17\n;Jane;1991-06-18',
    "a header that ends in one": 'username;dateOfBirth;"a\nb"\nAda;1990-05-17;\nJane;1991-06-18;\n',
    "a quote within a field": 'username,dateOfBirth,pipe\nAda,1990-05-17,5" or\nJane,1991-06-18,6"\n',
}


async def chunks(data: bytes, size: int) -> AsyncIterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


async def read(data: bytes, form: CsvForm = CsvForm(), size: int = 1000) -> list[Line | LineError]:  # noqa: B008
    return [line async for line in read_csv(chunks(data, size), form)]


def people(lines: list[Line | LineError]) -> list[tuple[str, str]]:
    assert all(isinstance(line, Line) for line in lines), lines
    return [(one.person.username, str(one.person.date_of_birth)) for one in lines if isinstance(one, Line)]


def errors(lines: list[Line | LineError]) -> list[tuple[int, str]]:
    return [(one.line, one.message) for one in lines if isinstance(one, LineError)]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("charset", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("text", READ.values(), ids=READ)
async def test_csv_dialects_are_read(text: str, charset: str, end: str) -> None:
    mark = "\ufeff" if charset.endswith("e") else ""
    data = (mark + text.removeprefix("\ufeff")).replace("\r\n", "\n").replace("\n", end).encode(charset)
    assert people(await read(data)) == BOTH


@given(st.sampled_from(list(READ.values())), st.integers(1, 40), st.sampled_from(["utf-8", "utf-16"]))
async def test_csv_lines_do_not_depend_on_chunks(text: str, size: int, charset: str) -> None:
    data = text.replace("\n", "\r\n").encode(charset)
    assert await read(data, size=size) == await read(data)


@pytest.mark.parametrize("charset", ["iso-8859-1", "windows-1252", "utf-16", "us-ascii", "utf-8"])
async def test_given_charset_is_read(charset: str) -> None:
    text = (
        PLAIN
        if charset == "us-ascii"
        else "städte,username,dateOfBirth\nKöln,Ada,1990-05-17\n,Jane,1991-06-18"
    )
    assert people(await read(text.encode(charset), CsvForm(charset))) == BOTH


@pytest.mark.parametrize("header", ["username,foo", "dateOfBirth;name", "username,username,dateOfBirth"])
async def test_a_header_that_lacks_a_column_ends_the_reading(header: str) -> None:
    ((line, message),) = errors(await read(f"\n{header}\nAda,1990-05-17\n".encode()))
    assert line == 2
    assert "header must name" in message


async def test_csv_header_may_be_required_or_absent() -> None:
    lacks_it = await read(b"Ada,1990-05-17\n", CsvForm(has_header=True))
    assert "header must name" in errors(lacks_it)[0][1]
    assert errors(await read(PLAIN.encode(), CsvForm(has_header=False)))[0][0] == 1
    assert people(await read(b"username,1990-05-17\n")) == [("username", "1990-05-17")]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("Ada,1990-05-17,x", "has 3 fields separated by ',', not username,dateOfBirth"),
        ("Ada", "has 1 fields"),
        ("1990-05-17,Ada", "username: must be"),
        ("Ada,17.05.1990", "dateOfBirth: must be a date written YYYY-MM-DD"),
        ("Ada,05/17/1990", "dateOfBirth: must be a date written YYYY-MM-DD"),
        ("Ada,1990-05-17 00:00:00", "dateOfBirth: must be a date written YYYY-MM-DD"),
        ("Ad\u00e4,1990-05-17", "username: must be"),
        ("Ada;1990-05-17", "has 1 fields"),
        ('"Ada"x,1990-05-17', "not a line of CSV"),
    ],
)
async def test_ambiguous_row_is_rejected_with_its_line(row: str, reason: str) -> None:
    lines = await read(f"Ada,1990-05-17\n\n{row}\nJane,1991-06-18\n".encode())
    ((number, message),) = errors(lines)
    assert number == 3
    assert reason in message
    assert len(lines) == 3


async def test_a_row_longer_than_the_header_is_rejected() -> None:
    """An unquoted comma may have moved its columns."""
    lines = await read(b"username,dateOfBirth,n\nAda,1990-05-17,a,b\nJane,1991-06-18,a,\n")
    ((number, message),) = errors(lines)
    assert (number, message) == (2, "line: has 4 fields separated by ',', not 3, as the header")


@pytest.mark.parametrize("header", ["username,dateOfBirth,notes\n", ""])
async def test_a_quote_that_does_not_end_is_named_with_all_it_takes(header: str) -> None:
    count = 3 * RECORD_LINES
    text = header + 'Jane,1991-06-18\n"Ada,1990-05-17\n' + "Jane,1991-06-18\n" * count
    lines = await read(text.encode())
    ((number, message),) = errors(lines)
    assert number == 2 + bool(header)
    assert message == f"line: {OPEN} (lines {number} to {number + count} are skipped)"
    assert len(lines) == 2
    assert errors(await read(b'"Ada,1990-05-17')) == [(1, f"line: {OPEN}")]
    assert errors(await read(b'"Ada,1990-05-17\nJane\n')) == [(1, f"line: {OPEN} (lines 1 to 2 are skipped)")]


LONG_NOTES = {
    "many lines": "x\n" * RECORD_LINES,
    "long lines": "x" * RECORD_LIMIT + "\n",
    "a very long line": "x" * 2 * LINE_LIMIT + "\n",
    "quotes": 'she said ""x""\n' * RECORD_LINES,
}


@pytest.mark.parametrize("note", LONG_NOTES.values(), ids=LONG_NOTES)
@pytest.mark.parametrize("delimiter", [",", ";"])
async def test_lines_within_a_quoted_field_are_not_people(note: str, delimiter: str) -> None:
    """Even where another column of the row goes on in the line that ends the note."""
    rows = f'username,dateOfBirth,a,b\nAda,1990-05-17,"{note}Eve,1990-05-17,x,x","{note}Eve,1990-05-17,x,x"\n'
    lines = await read(f"{rows}Jane,1991-06-18,x,x\n".replace(",", delimiter).encode())
    assert people([line for line in lines if isinstance(line, Line)]) == [("Jane", "1991-06-18")]
    assert [number for number, _ in errors(lines)] == [2]


async def test_utf_16_without_a_mark_is_rejected() -> None:
    assert len(errors(await read(PLAIN.encode("utf-16-le")))) > 1
