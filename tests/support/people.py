"""The use cases of people and birthdays, on twins."""

from uuid import uuid4
from zoneinfo import ZoneInfo

from hello.entities.birthdays import LeapDay
from hello.entities.greetings import DaysWording, Greeting
from hello.services.birthday_lists import ListedDays
from hello.services.birthdays import BirthdayService
from hello.services.lookups import BirthdayPage
from hello.services.people import PeopleService
from hello.services.todays_greetings import TodaysGreetings
from tests.support.builders import NOON
from tests.twins.lookups import twin_lookups
from tests.twins.transaction import TwinPersonLookup, TwinStampedPages, TwinUnitOfWork

UTC = ZoneInfo("UTC")


def people_service(twin: TwinUnitOfWork, zone: str = "UTC") -> PeopleService:
    listed_days = ListedDays(now=lambda: NOON, leap_day=LeapDay.MAR1)
    return PeopleService(
        begin=twin.begin,
        lookup=TwinPersonLookup(twin, listed_days.affected_month_days),
        listed_days=listed_days,
        now=lambda: NOON,
        new_id=uuid4,
        greetings=TodaysGreetings(
            zone=ZoneInfo(zone), leap_day=LeapDay.MAR1, greeting=Greeting(DaysWording.SPEC)
        ),
    )


def birthday_service(twin: TwinUnitOfWork) -> BirthdayService:
    return BirthdayService(
        lookup=twin_lookups(twin.begin).birthday_pages,
        listed_days=ListedDays(now=lambda: NOON, leap_day=LeapDay.MAR1),
        pages=TwinStampedPages(),
        stamp=TwinPersonLookup(twin).list_stamp,
        now=lambda: NOON,
        zone=UTC,
        leap_day=LeapDay.MAR1,
    )


def names(page: BirthdayPage) -> bytes:
    return ",".join(person.username for person in page.people).encode()
