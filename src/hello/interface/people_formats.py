"""What the file formats share: their kinds, the limit of a line, and the person in a line."""

from dataclasses import dataclass
from enum import StrEnum

from hello.entities.errors import InvalidError
from hello.entities.people import check_username
from hello.interface.dates import parse_date
from hello.services.people import SavePerson

LINE_LIMIT = 65_536
CHARSETS = {
    "utf-8": "utf-8-sig",
    "us-ascii": "utf-8-sig",
    "iso-8859-1": "cp1252",
    "windows-1252": "cp1252",
    "utf-16": "utf-16",
}
"""Python's codecs for the charsets of a CSV file; they drop a byte order mark."""


class Kind(StrEnum):
    NDJSON = "application/x-ndjson"
    CSV = "text/csv"


@dataclass(frozen=True, slots=True)
class CsvForm:
    """The parameters of `text/csv` (RFC 4180)."""

    charset: str = "utf-8"
    has_header: bool | None = None


def person_of(username: object, date_of_birth: object) -> SavePerson:
    """Raise `InvalidError` for an invalid name or date."""
    name = check_username(username if isinstance(username, str) else "")
    try:
        return SavePerson(username=name, date_of_birth=parse_date(date_of_birth))
    except ValueError as error:
        raise InvalidError(str(error), field="dateOfBirth") from None
