"""CSV files of people, as spreadsheets and databases write them; ambiguous lines are refused.

A file either has a header that names the two columns, in any order among others, or has just two columns.
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

UTF_16_MARKS = (b"\xff", b"\xfe")  # the first byte of UTF-16's byte order mark, never of UTF-8 text
DELIMITERS = (",", ";", "\t", "|")
BLANK = " \n" + "".join(DELIMITERS)
SEPARATOR = re.compile(r'"?sep=([,;\t|])"?', re.IGNORECASE)
COLUMNS = ["username", "dateofbirth"]
RECORD_LINES = 50
RECORD_LIMIT = 2048  # for a record of several lines, which is parsed again with each line
NO_HEADER = "the header must name username and dateOfBirth once each: correct it and send the file again"
OPEN = "a quoted field that starts here is too long: close it, or double the quote"


@dataclass(frozen=True, slots=True)
class Layout:
    """`columns` are the indexes of the name and the date among `width`; the defaults are for no header."""

    delimiter: str
    columns: tuple[int, int] = (0, 1)
    width: int = 2
    has_header: bool = False

    def person(self, fields: Sequence[str]) -> SavePerson:
        if len(fields) <= max(self.columns) or any(map(str.strip, fields[self.width :])):
            expected = f"{self.width}, as the header" if self.has_header else "username,dateOfBirth"
            raise InvalidError(
                f"has {len(fields)} fields separated by {self.delimiter!r}, not {expected}", field="line"
            )
        return person_of(*(fields[place].strip() for place in self.columns))


@dataclass(slots=True)
class CsvReader:
    """Takes line by line; `pending` are the lines of an unfinished record.

    After a record that is too long, `too_long` is its error, and lines are skipped up to the end of the
    quoted field: text inside a field must not become a person.
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
        if self.number == 1 and (separator := SEPARATOR.fullmatch(line)):
            self.separators = separator[1]
            return None
        if self.too_long:
            return self._skip(line)
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
        """Return the error, or keep it in `too_long` while the record's last field continues."""
        lines = self.pending.copy()
        self.pending.clear()
        if lines and is_unfinished(lines, self._delimiter):
            self.too_long = error
            return None
        return self._named(error)

    def _skip(self, line: str) -> LineError | None:
        error = self.too_long
        if error is None or '"' not in line or is_unfinished([f'"{line}'], self._delimiter):
            return None
        self.too_long = None
        return self._named(error)

    def _named(self, error: LineError) -> LineError:
        skipped = f" (lines {error.line} to {self.number} are skipped)"
        return LineError(error.line, error.message + (skipped if self.number > error.line else ""))

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
        """Return the delimiter, which the first record shows, and the fields, None if unfinished."""
        if self.layout:
            return self.layout.delimiter, fields_of(self.pending, self.layout.delimiter)
        candidates = []
        for delimiter in self.separators:
            with suppress(InvalidError):
                candidates.append((delimiter, fields_of(self.pending, delimiter)))
        if not candidates:
            raise InvalidError("not a line of CSV", field="line")
        return max(candidates, key=lambda candidate: likelihood(candidate[1]))

    def _layout(self, delimiter: str, fields: Sequence[str]) -> Layout:
        has_names = count_names(fields) > 0 and not any(DATE.fullmatch(text.strip()) for text in fields)
        if not (has_names if self.form.has_header is None else self.form.has_header):
            return Layout(delimiter)
        names = [normalized(text) for text in fields]
        if [names.count(column) for column in COLUMNS] != [1, 1]:
            self.is_refused = True
            raise InvalidError(NO_HEADER, field="line")
        columns = names.index(COLUMNS[0]), names.index(COLUMNS[1])
        return Layout(delimiter, columns, len(fields), has_header=True)


def normalized(text: str) -> str:
    """Return `dateofbirth` for `Date of birth`, `date_of_birth` and `dateOfBirth`."""
    return re.sub(r"[\W_]", "", text).lower()


def count_names(fields: Sequence[str]) -> int:
    return len(set(COLUMNS) & {normalized(text) for text in fields})


def likelihood(fields: Sequence[str] | None) -> int:
    """Prefer a header, then an unfinished record, then several fields."""
    if fields is None:
        return 2
    return 3 if count_names(fields) == len(COLUMNS) else min(len(fields) - 1, 1)


def fields_of(lines: Sequence[str], delimiter: str) -> list[str] | None:
    """Return None when a quoted field continues on the next line."""
    if len(lines) == 1 and '"' not in lines[0]:
        return lines[0].split(delimiter)
    is_exhausted = False

    def source() -> Iterator[str]:
        nonlocal is_exhausted
        yield from (f"{line}\n" for line in lines)
        is_exhausted = True

    try:
        return next(csv.reader(source(), delimiter=delimiter, strict=True))
    except csv.Error:
        if is_exhausted:
            return None
        raise InvalidError("not a line of CSV", field="line") from None


def is_unfinished(lines: Sequence[str], delimiter: str) -> bool:
    try:
        return fields_of(lines, delimiter) is None
    except InvalidError:
        return False


async def read_csv(chunks: AsyncIterator[bytes], form: CsvForm) -> AsyncIterator[Line | LineError]:
    reader = CsvReader(form)
    async for line in lines_of(chunks, form.charset):
        if result := reader.feed(line):
            yield result
        if reader.is_refused:
            return
    if last := reader.finish():
        yield last


async def lines_of(chunks: AsyncIterator[bytes], charset: str) -> AsyncIterator[str]:
    r"""Yield lines that end with `\n`, `\r\n` or `\r`; cut a line that is too long."""
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
    """Detect UTF-16 by its byte order mark; replacing bad bytes cannot change a valid name or date."""
    is_utf_16 = charset == "utf-8" and chunk.startswith(UTF_16_MARKS)
    codec = CHARSETS["utf-16" if is_utf_16 else charset]
    return IncrementalNewlineDecoder(codecs.getincrementaldecoder(codec)("replace"), translate=True)
