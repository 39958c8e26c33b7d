"""People as JSON."""

from datetime import date
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Depends, Path, Query, Request
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema
from starlette.exceptions import HTTPException

from hello.core.clock import time_zone
from hello.entities.errors import InvalidError
from hello.entities.people import USERNAME_PATTERN, check_username
from hello.interface.dates import parse_date
from hello.interface.http.schemas.texts import NotEmpty
from hello.services.people import SavePerson

DATE_SCHEMA = {"type": "string", "format": "date", "examples": ["2000-02-29"]}


class PersonRequest(BaseModel):
    model_config = ConfigDict(json_schema_extra={"example": {"dateOfBirth": "2000-02-29"}})

    date_of_birth: Annotated[
        date, BeforeValidator(parse_date), Field(alias="dateOfBirth"), WithJsonSchema(DATE_SCHEMA)
    ]

    def to_command(self, username: str) -> SavePerson:
        return SavePerson(username=username, date_of_birth=self.date_of_birth)


NAME_SCHEMA = {"pattern": f"^{USERNAME_PATTERN}$", "minLength": 1, "maxLength": 100, "example": "John"}


class GreetingResponse(BaseModel):
    model_config = ConfigDict(
        json_schema_extra={"example": {"message": "Hello, John! Your birthday is in 5 day(s)"}}
    )

    message: str


async def username_of(
    request: Request,
    username: Annotated[str, Path(json_schema_extra=NAME_SCHEMA)],
) -> str:
    """Raise `InvalidError` for what is no username, and 404 for a deeper path, where nothing lives."""
    prefix = f"{request.scope.get('root_path', '')}/hello/".encode()
    if b"/" in request.scope["raw_path"].removeprefix(prefix):
        raise HTTPException(404)
    return check_username(username)


async def zone_of(
    tz: Annotated[NotEmpty | None, Query(description="IANA time zone, such as Europe/Paris")] = None,
) -> ZoneInfo | None:
    try:
        return None if tz is None else time_zone(tz)
    except ValueError as error:
        raise InvalidError(str(error), field="tz") from None


Username = Annotated[str, Depends(username_of)]
Zone = Annotated[ZoneInfo | None, Depends(zone_of)]
