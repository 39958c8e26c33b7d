"""Who receives how many gifts, for administrators: an order itself is visible to its customer only."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Path
from pydantic import BaseModel, ConfigDict

from hello.entities.people import check_username
from hello.interface.http.admins import Admin
from hello.interface.http.dependencies import Gifts
from hello.interface.http.limits import limited
from hello.interface.http.problems import problems
from hello.interface.http.schemas.people import NAME_SCHEMA

router = APIRouter(
    prefix="/api/v1/recipients", tags=["orders"], dependencies=[Admin, Depends(limited("orders"))]
)


class RecipientResponse(BaseModel):
    """`gifts_received` counts orders that were shipped."""

    model_config = ConfigDict(json_schema_extra={"example": {"username": "John", "gifts_received": 3}})

    username: str
    gifts_received: int


@router.get(
    "/{username}",
    operation_id="readRecipient",
    responses=problems(
        HTTPStatus.BAD_REQUEST,
        HTTPStatus.UNAUTHORIZED,
        HTTPStatus.FORBIDDEN,
        HTTPStatus.NOT_FOUND,
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.SERVICE_UNAVAILABLE,
    ),
)
async def read_recipient(
    username: Annotated[str, Path(json_schema_extra=NAME_SCHEMA)], gifts: Gifts
) -> RecipientResponse:
    """Say how many gifts were shipped to this person, by any customer."""
    received = await gifts.received(check_username(username))
    return RecipientResponse(username=username, gifts_received=received)
