"""Files of people: NDJSON and CSV, read line by line from chunks of bytes."""

import csv
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

import orjson

from hello.entities.errors import InvalidError
from hello.entities.people import check_username
from hello.interface.dates import parse_date
from hello.services.imports import Line, LineError
from hello.services.people import SavePerson

LINE_LIMIT = 65_536
CSV_HEADER = ["username", "dateOfBirth"]
Parse: TypeAlias = Callable[[bytes], SavePerson]


class Kind(StrEnum):
    NDJSON = "application/x-ndjson"
    CSV = "text/csv"


@dataclass(slots=True)
class Splitter:
    """Cuts chunks into lines; of a line that is too long only the beginning is kept."""

    rest: bytes = b""

    def feed(self, chunk: bytes) -> list[bytes]:
        *lines, rest = (self.rest + chunk).split(b"\n")
        self.rest = rest[: LINE_LIMIT + 1]
        return lines


async def read_people(chunks: AsyncIterator[bytes], kind: Kind) -> AsyncIterator[Line | LineError]:
    """Yield every line that is not blank; the memory needed does not depend on the file's size."""
    splitter, number = Splitter(), 0
    parse = parse_json if kind is Kind.NDJSON else parse_csv
    async for chunk in chunks:
        for line in splitter.feed(chunk):
            number += 1
            if read := read_line(number, line, parse, kind):
                yield read
    if read := read_line(number + 1, splitter.rest, parse, kind):
        yield read


def read_line(number: int, line: bytes, parse: Parse, kind: Kind) -> Line | LineError | None:
    """Return None for a blank line, and for the header that a CSV file may have."""
    text = line.removeprefix(b"\xef\xbb\xbf").strip() if number == 1 else line.strip()
    if not text or (number == 1 and kind is Kind.CSV and is_header(text)):
        return None
    if len(line) > LINE_LIMIT:
        return LineError(number, f"longer than {LINE_LIMIT} bytes")
    try:
        return Line(number, parse(text))
    except InvalidError as error:
        return LineError(number, f"{error.field}: {error}")


def is_header(text: bytes) -> bool:
    return [name.strip() for name in text.decode(errors="replace").replace('"', "").split(",")] == CSV_HEADER


def parse_json(text: bytes) -> SavePerson:
    try:
        values = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise InvalidError("not a JSON object", field="line") from None
    if not isinstance(values, dict):
        raise InvalidError("not a JSON object", field="line")
    return person_of(values.get("username"), values.get("dateOfBirth"))


def parse_csv(text: bytes) -> SavePerson:
    try:
        fields = next(csv.reader([text.decode()], strict=True))
    except (csv.Error, UnicodeDecodeError):
        raise InvalidError("not a line of CSV", field="line") from None
    if len(fields) != len(CSV_HEADER):
        raise InvalidError(f"has {len(fields)} fields, not username,dateOfBirth", field="line")
    return person_of(*fields)


def person_of(username: object, born: object) -> SavePerson:
    """Raise `InvalidError` for what is no name or no date."""
    name = check_username(username if isinstance(username, str) else "")
    try:
        return SavePerson(username=name, date_of_birth=parse_date(born))
    except ValueError as error:
        raise InvalidError(str(error), field="dateOfBirth") from None
