"""Which use case gets which ports, and what of the settings."""

from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from secrets import token_urlsafe
from time import perf_counter

from uuid_utils.compat import uuid7

from hello.core.clock import now
from hello.core.settings import Settings
from hello.entities.birthdays import LeapDay
from hello.entities.greetings import DaysWording, Greeting
from hello.services.accounts import AccountService
from hello.services.audit import AuditService
from hello.services.birthday_lists import BirthdayLists
from hello.services.birthdays import BirthdayService
from hello.services.callers import AccessTokens, Limiter, Passwords
from hello.services.health import Draining, HealthService
from hello.services.imports import ImportService
from hello.services.items import ItemService
from hello.services.people import PeopleService
from hello.services.ports import Begin, Births, Pages, Probe
from hello.services.sessions import SessionService
from hello.services.todays_greetings import TodaysGreetings
from hello.services.use_cases import UseCases


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """What the use cases ask of the outside world, connected."""

    begin: Begin
    births: Births
    lists: BirthdayLists
    pages: Pages
    passwords: Passwords
    access_tokens: AccessTokens
    limiter: Limiter


def use_cases(settings: Settings, ports: Ports, health: HealthService) -> UseCases:
    people = people_service(settings, ports)
    sessions = SessionService(
        begin=ports.begin,
        passwords=ports.passwords,
        access_tokens=ports.access_tokens,
        limiter=ports.limiter,
        now=now,
        new_id=uuid7,
        new_secret=partial(token_urlsafe, 32),
        lifetime=timedelta(days=settings.refresh_lifetime_days),
    )
    return UseCases(
        access_tokens=ports.access_tokens,
        accounts=AccountService(begin=ports.begin, passwords=ports.passwords, now=now, new_id=uuid7),
        audit=AuditService(begin=ports.begin),
        birthdays=birthday_service(settings, ports),
        health=health,
        imports=ImportService(people=people),
        items=ItemService(begin=ports.begin, pages=ports.pages, now=now, new_id=uuid7),
        limiter=ports.limiter,
        people=people,
        sessions=sessions,
    )


def people_service(settings: Settings, ports: Ports) -> PeopleService:
    leap_day = LeapDay(settings.leap_day)
    return PeopleService(
        begin=ports.begin,
        births=ports.births,
        lists=ports.lists,
        now=now,
        new_id=uuid7,
        todays=TodaysGreetings(
            zone=settings.zone, leap_day=leap_day, greeting=Greeting(DaysWording(settings.days_wording))
        ),
    )


def birthday_service(settings: Settings, ports: Ports) -> BirthdayService:
    return BirthdayService(
        begin=ports.begin,
        lists=ports.lists,
        now=now,
        zone=settings.zone,
        leap_day=LeapDay(settings.leap_day),
    )


def health_service(settings: Settings, probes: list[Probe], draining: Draining) -> HealthService:
    return HealthService(
        probes=probes, draining=draining, timer=perf_counter, timeout_s=settings.database_deadline_s
    )
