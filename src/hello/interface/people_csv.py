"""CSV files of people, as spreadsheets and databases write them; what is not certain is refused, not guessed.

A file has a header that names its columns, in any order and among others, or else two columns.
"""

import codecs
import csv
import re
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from io import IncrementalNewlineDecoder

from hello.entities.errors import InvalidError
from hello.interface.dates import DATE
from hello.interface.people_formats import CHARSETS, LINE_LIMIT, CsvForm, person_of
from hello.services.imports import Line, LineError
from hello.services.people import SavePerson

UTF_16_MARKS = (b"\xff", b"\xfe")  # either begins its byte order mark, and no text in UTF-8
DELIMITERS = (",", ";", "\t", "|")
BLANK = " \n" + "".join(DELIMITERS)
SEPARATOR = re.compile(r'"?sep=([,;\t|])"?', re.IGNORECASE)
COLUMNS = ["username", "dateofbirth"]
RECORD_LINES = 50
RECORD_LIMIT = 2048  # in several lines: it is parsed again with each of them
NO_HEADER = "the header must name username and dateOfBirth, each once: correct it and send the file again"
OPEN = "a quoted field begins here and goes on for too long: close it, or double the quote"


@dataclass(frozen=True, slots=True)
class Layout:
    """`columns` are the places of the name and the date among `width`; without a header, all there are."""

    delimiter: str
    columns: tuple[int, int] = (0, 1)
    width: int = 2
    has_header: bool = False

    def person(self, fields: Sequence[str]) -> SavePerson:
        if len(fields) <= max(self.columns) or any(map(str.strip, fields[self.width :])):
            wanted = f"{self.width}, as the header" if self.has_header else "username,dateOfBirth"
            raise InvalidError(
                f"has {len(fields)} fields separated by {self.delimiter!r}, not {wanted}", field="line"
            )
        return person_of(*(fields[place].strip() for place in self.columns))


@dataclass(slots=True)
class CsvReader:
    """Is fed with lines; `pending` are those of a record that goes on.

    Of a record that is too long `too_long` is left, and its lines are passed over up to the end of the quoted
    field: what is written in a field must not become a person.
    """

    form: CsvForm
    layout: Layout | None = None
    separators: Sequence[str] = DELIMITERS
    number: int = 0
    pending: list[str] = field(default_factory=list)
    too_long: LineError | None = None
    is_refused: bool = False

    def feed(self, line: str) -> Line | LineError | None:
        self.number += 1
        if self.number == 1 and (given := SEPARATOR.fullmatch(line)):
            self.separators = given[1]
            return None
        if self.too_long:
            return self._pass_over(line)
        if not self.pending and not line.strip(BLANK):
            return None
        self.pending.append(line)
        start = self.number - len(self.pending) + 1
        try:
            return self._record(start)
        except InvalidError as error:
            return self._rejected(LineError(start, f"{error.field}: {error}"))

    def finish(self) -> LineError | None:
        if self.pending:
            self.too_long = LineError(self.number - len(self.pending) + 1, f"line: {OPEN}")
        return self._named(self.too_long) if self.too_long else None

    @property
    def _delimiter(self) -> str:
        return self.layout.delimiter if self.layout else self.separators[0]

    def _rejected(self, error: LineError) -> LineError | None:
        """Name the record, but not yet when its last field goes on."""
        lines = self.pending.copy()
        self.pending.clear()
        if lines and goes_on(lines, self._delimiter):
            self.too_long = error
            return None
        return self._named(error)

    def _pass_over(self, line: str) -> LineError | None:
        error = self.too_long
        if error is None or '"' not in line or goes_on([f'"{line}'], self._delimiter):
            return None
        self.too_long = None
        return self._named(error)

    def _named(self, error: LineError) -> LineError:
        passed_over = f" (lines {error.line} to {self.number} are passed over)"
        return LineError(error.line, error.message + (passed_over if self.number > error.line else ""))

    def _record(self, start: int) -> Line | LineError | None:
        limit = RECORD_LIMIT if self.pending[1:] else LINE_LIMIT
        if sum(map(len, self.pending)) > limit:
            raise InvalidError(f"longer than {limit} characters", field="line")
        delimiter, fields = self._fields()
        if fields is None:
            if len(self.pending) == RECORD_LINES:
                raise InvalidError(OPEN, field="line")
            return None
        self.pending.clear()
        if not "".join(fields).strip(BLANK):
            return None
        if self.layout is None:
            self.layout = self._layout(delimiter, fields)
            if self.layout.has_header:
                return None
        return Line(start, self.layout.person(fields))

    def _fields(self) -> tuple[str, list[str] | None]:
        """Return the delimiter, which the first record shows, and None when the record goes on."""
        if self.layout:
            return self.layout.delimiter, fields_of(self.pending, self.layout.delimiter)
        ways = []
        for one in self.separators:
            with suppress(InvalidError):
                ways.append((one, fields_of(self.pending, one)))
        if not ways:
            raise InvalidError("not a line of CSV", field="line")
        return max(ways, key=lambda way: likelihood(way[1]))

    def _layout(self, delimiter: str, fields: Sequence[str]) -> Layout:
        has_names = names_of(fields) > 0 and not any(DATE.fullmatch(one.strip()) for one in fields)
        if not (has_names if self.form.has_header is None else self.form.has_header):
            return Layout(delimiter)
        names = [named(one) for one in fields]
        if [names.count(one) for one in COLUMNS] != [1, 1]:
            self.is_refused = True
            raise InvalidError(NO_HEADER, field="line")
        places = names.index(COLUMNS[0]), names.index(COLUMNS[1])
        return Layout(delimiter, places, len(fields), has_header=True)


def named(text: str) -> str:
    """Return `dateofbirth` for `Date of birth`, `date_of_birth` and `dateOfBirth`."""
    return re.sub(r"[\W_]", "", text).lower()


def names_of(fields: Sequence[str]) -> int:
    return len(set(COLUMNS) & {named(one) for one in fields})


def likelihood(fields: Sequence[str] | None) -> int:
    """Prefer a header, then a record that goes on, then one of several fields."""
    if fields is None:
        return 2
    return 3 if names_of(fields) == len(COLUMNS) else min(len(fields) - 1, 1)


def fields_of(lines: Sequence[str], delimiter: str) -> list[str] | None:
    """Return None when a quoted field goes on in the next line."""
    if len(lines) == 1 and '"' not in lines[0]:
        return lines[0].split(delimiter)
    wants_more = False

    def given() -> Iterator[str]:
        nonlocal wants_more
        yield from (f"{line}\n" for line in lines)
        wants_more = True

    try:
        return next(csv.reader(given(), delimiter=delimiter, strict=True))
    except csv.Error:
        if wants_more:
            return None
        raise InvalidError("not a line of CSV", field="line") from None


def goes_on(lines: Sequence[str], delimiter: str) -> bool:
    try:
        return fields_of(lines, delimiter) is None
    except InvalidError:
        return False


async def read_csv(chunks: AsyncIterator[bytes], form: CsvForm) -> AsyncIterator[Line | LineError]:
    reader = CsvReader(form)
    async for line in lines_of(chunks, form.charset):
        if read := reader.feed(line):
            yield read
        if reader.is_refused:
            return
    if last := reader.finish():
        yield last


async def lines_of(chunks: AsyncIterator[bytes], charset: str) -> AsyncIterator[str]:
    r"""Yield lines, ended by `\n`, `\r\n` or `\r`; of one that is too long only the beginning."""
    decoder, rest = None, ""
    async for chunk in chunks:
        if not chunk:
            continue
        decoder = decoder or decoder_of(chunk, charset)
        *lines, rest = (rest + decoder.decode(chunk)).split("\n")
        rest = rest[: LINE_LIMIT + 1]
        for line in lines:
            yield line
    *lines, rest = (rest + (decoder.decode(b"", final=True) if decoder else "")).split("\n")
    for line in (*lines, rest) if rest else lines:
        yield line


def decoder_of(chunk: bytes, charset: str) -> IncrementalNewlineDecoder:
    """Know UTF-16 by its byte order mark; names and dates have no character that could be lost."""
    is_utf_16 = charset == "utf-8" and chunk.startswith(UTF_16_MARKS)
    codec = CHARSETS["utf-16" if is_utf_16 else charset]
    return IncrementalNewlineDecoder(codecs.getincrementaldecoder(codec)("replace"), translate=True)
