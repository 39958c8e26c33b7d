"""What the formats of files of people have in common: their kinds, their limit, and who is in a line."""

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
"""Python's codecs for the charsets that a CSV file may be in; a byte order mark is left out."""


class Kind(StrEnum):
    NDJSON = "application/x-ndjson"
    CSV = "text/csv"


@dataclass(frozen=True, slots=True)
class CsvForm:
    """What is known of a CSV file beforehand, as the parameters of `text/csv` say it (RFC 4180)."""

    charset: str = "utf-8"
    has_header: bool | None = None


def person_of(username: object, born: object) -> SavePerson:
    """Raise `InvalidError` for what is no name or no date."""
    name = check_username(username if isinstance(username, str) else "")
    try:
        return SavePerson(username=name, date_of_birth=parse_date(born))
    except ValueError as error:
        raise InvalidError(str(error), field="dateOfBirth") from None
