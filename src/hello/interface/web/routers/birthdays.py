"""The start page: greetings, and who celebrates."""

from dataclasses import dataclass
from datetime import date
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Literal, cast

from fastapi import Depends, Query, Request, Response

from hello.entities.errors import InvalidError, NotFoundError
from hello.entities.people import check_username
from hello.interface.http.dependencies import Birthdays, People, use_cases
from hello.interface.http.limits import limited
from hello.interface.http.pagination import birthday_cursor, cursors_of, open_birthday_cursor
from hello.interface.http.parameters import Cursor, Days
from hello.interface.http.schemas.people import Zone
from hello.interface.web.forms import Form, PersonForm, submitted
from hello.interface.web.pages import page, page_router, redirect
from hello.interface.web.sessions import ListReader, may_read_lists
from hello.services.birthdays import BirthdayService
from hello.services.lookups import BirthdayPage
from hello.services.people import SavePerson

if TYPE_CHECKING:
    from hello.interface.web.year_wheel import LastWheel

FEW, PAGE, MONTH, YEAR = 6, 50, 31, 366
START = (0, "")
LIMITED = Depends(limited("birthdays"))
router = page_router()


@dataclass(frozen=True, slots=True)
class Greeted:
    """The name that was asked for, and its greeting, None if unknown. `error` says why it is not a name."""

    name: str
    message: str | None = None
    error: str = ""


@router.get("/", dependencies=[LIMITED])
async def show_home(
    request: Request, people: People, zone: Zone, name: Annotated[str | None, Query()] = None
) -> Response:
    """Greet the person of `name`, and show today's and the next birthdays."""
    greeted = await greet(people, name.strip(), zone) if name and name.strip() else None
    known = {"username": greeted.name} if greeted and not greeted.error else {}
    return await home(request, zone, greeted, Form(known))


@router.post("/birthdays", dependencies=[Depends(limited("hello"))])
async def remember_birthday(request: Request, people: People) -> Response:
    """Save the birthday, and greet the person."""
    form = await submitted(request, PersonForm)
    if (person := form.data) is not None:
        try:
            await people.save(SavePerson(username=person.username, date_of_birth=person.date_of_birth))
        except InvalidError as error:
            form = form.refused(error)
        else:
            return redirect(request, "/", name=person.username, done="remembered")
    return await home(request, None, None, form, HTTPStatus.BAD_REQUEST)


@router.get("/birthdays/{which}", dependencies=[LIMITED, ListReader])
async def list_birthdays(
    request: Request,
    which: Literal["today", "upcoming"],
    birthdays: Birthdays,
    zone: Zone,
    days: Days = 30,
    cursor: Cursor = None,
) -> Response:
    """List who celebrates, page by page."""
    place = open_birthday_cursor(cursors_of(request), which, cursor, birthdays.today(zone))
    first, last = (0, 0) if which == "today" else (1, days)
    listed = await birthdays.celebrating(place.day, first, last, place.after, PAGE)
    following = birthday_cursor(cursors_of(request), which, listed.day, listed.last)
    return page(
        request, "birthdays.html", which=which, listed=listed, days=days, next_cursor=following, zone=zone
    )


async def greet(people: People, name: str, zone: Zone) -> Greeted:
    try:
        return Greeted(name, await people.greet(check_username(name), zone))
    except NotFoundError:
        return Greeted(name)
    except InvalidError as error:
        return Greeted(name, error=str(error))


async def home(
    request: Request,
    zone: Zone,
    greeted: Greeted | None,
    form: Form[PersonForm],
    status: HTTPStatus = HTTPStatus.OK,
) -> Response:
    birthdays = use_cases(request).birthdays
    wheels = cast("LastWheel", request.app.state.last_wheel)
    day, lists = birthdays.today(zone), {}
    if may_read_lists(request):
        lists = {
            "today": await birthdays.celebrating(day, 0, 0, START, FEW),
            "upcoming": await soonest(birthdays, day),
            "wheel": wheels.of(await use_cases(request).birthday_spread.read(), day),
        }
    return page(request, "home.html", status, day=day, zone=zone, greeted=greeted, form=form, lists=lists)


async def soonest(birthdays: BirthdayService, day: date) -> BirthdayPage:
    """Look a month ahead, and a year only if that is not enough: each day costs a range of the index."""
    listed = await birthdays.celebrating(day, 1, MONTH, START, FEW)
    if len(listed.people) == FEW:
        return listed
    return await birthdays.celebrating(day, 1, YEAR, START, FEW)
