"""`/hello`: remember people and greet them."""

from http import HTTPStatus

from fastapi import APIRouter, Depends, Response

from hello.interface.http.dependencies import People
from hello.interface.http.limits import limited
from hello.interface.http.paths import path_of
from hello.interface.http.problems import problems
from hello.interface.http.schemas.people import GreetingResponse, PersonRequest, Username, Zone

BAD_REQUEST, FAULT = HTTPStatus.BAD_REQUEST, HTTPStatus.INTERNAL_SERVER_ERROR
MANY = HTTPStatus.TOO_MANY_REQUESTS
router = APIRouter(
    prefix=path_of("/hello/", "username"), tags=["birthdays"], dependencies=[Depends(limited("hello"))]
)


@router.put(
    "",
    operation_id="savePerson",
    status_code=HTTPStatus.NO_CONTENT,
    responses=problems(
        BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.UNSUPPORTED_MEDIA_TYPE, MANY, FAULT
    ),
)
async def save_person(username: Username, body: PersonRequest, people: People) -> Response:
    """Remember the person's day of birth; it is on disk before the answer."""
    await people.save(body.to_command(username))
    return Response(status_code=HTTPStatus.NO_CONTENT)


@router.get(
    "",
    operation_id="greetPerson",
    response_model=GreetingResponse,
    responses=problems(BAD_REQUEST, HTTPStatus.NOT_FOUND, MANY, FAULT),
)
async def greet_person(username: Username, zone: Zone, people: People) -> Response:
    """Say hello, and how many days are left until the birthday."""
    greeting = GreetingResponse(message=await people.greet(username, zone))
    return Response(greeting.model_dump_json(), media_type="application/json")


@router.delete(
    "",
    operation_id="removePerson",
    status_code=HTTPStatus.NO_CONTENT,
    responses=problems(BAD_REQUEST, HTTPStatus.NOT_FOUND, MANY, FAULT),
)
async def remove_person(username: Username, people: People) -> Response:
    """Forget the person."""
    await people.remove(username)
    return Response(status_code=HTTPStatus.NO_CONTENT)
