"""Files of people: NDJSON and CSV, read line by line from chunks of bytes."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import orjson

from hello.entities.errors import InvalidError
from hello.interface.people_csv import read_csv
from hello.interface.people_formats import LINE_LIMIT, CsvForm, Kind, person_of
from hello.services.imports import Line, LineError
from hello.services.people import SavePerson

UNKNOWN = CsvForm()


@dataclass(slots=True)
class Splitter:
    """Splits chunks into lines; cuts a line that is too long."""

    rest: bytes = b""

    def feed(self, chunk: bytes) -> list[bytes]:
        *lines, rest = (self.rest + chunk).split(b"\n")
        self.rest = rest[: LINE_LIMIT + 1]
        return lines


def read_people(
    chunks: AsyncIterator[bytes], kind: Kind, form: CsvForm = UNKNOWN
) -> AsyncIterator[Line | LineError]:
    """Yield each line that is not blank; memory does not grow with the size of the file."""
    return read_csv(chunks, form) if kind is Kind.CSV else read_ndjson(chunks)


async def read_ndjson(chunks: AsyncIterator[bytes]) -> AsyncIterator[Line | LineError]:
    splitter, number = Splitter(), 0
    async for chunk in chunks:
        for line in splitter.feed(chunk):
            number += 1
            if result := read_line(number, line):
                yield result
    if last := read_line(number + 1, splitter.rest):
        yield last


def read_line(number: int, line: bytes) -> Line | LineError | None:
    """Return None for a blank line."""
    text = line.removeprefix(b"\xef\xbb\xbf").strip() if number == 1 else line.strip()
    if not text:
        return None
    if len(line) > LINE_LIMIT:
        return LineError(number, f"longer than {LINE_LIMIT} bytes")
    try:
        return Line(number, parse_json(text))
    except InvalidError as error:
        return LineError(number, f"{error.field}: {error}")


def parse_json(text: bytes) -> SavePerson:
    try:
        values = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise InvalidError("not a JSON object", field="line") from None
    if not isinstance(values, dict):
        raise InvalidError("not a JSON object", field="line")
    return person_of(values.get("username"), values.get("dateOfBirth"))
