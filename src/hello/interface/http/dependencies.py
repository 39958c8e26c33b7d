"""How a route receives its use cases: by coroutines, since FastAPI would call plain functions in a thread."""

from typing import Annotated, cast

from fastapi import Depends, Request

from hello.services.account_deletion import AccountDeletionService
from hello.services.accounts import AccountService
from hello.services.audit import AuditService
from hello.services.birthdays import BirthdayService
from hello.services.calendar_feeds import CalendarFeedService
from hello.services.calendars import CalendarService
from hello.services.dead_letters import DeadLetterService
from hello.services.gifts import GiftService
from hello.services.health import HealthService
from hello.services.imports import ImportService
from hello.services.items import ItemService
from hello.services.order_feed import OrderFeed
from hello.services.orders import OrderService
from hello.services.password_changes import PasswordChangeService
from hello.services.people import PeopleService
from hello.services.search import SearchService
from hello.services.sessions import SessionService
from hello.services.use_cases import UseCases


def use_cases(request: Request) -> UseCases:
    return cast("UseCases", request.app.state.use_cases)


def raise_failure(request: Request) -> None:
    """Raise what the fast path has met already, instead of trying again."""
    if failed := getattr(request.state, "failed", None):
        raise failed


async def people_service(request: Request) -> PeopleService:
    raise_failure(request)
    return use_cases(request).people


async def account_deletion_service(request: Request) -> AccountDeletionService:
    return use_cases(request).account_deletion


async def health_service(request: Request) -> HealthService:
    return use_cases(request).health


async def birthday_service(request: Request) -> BirthdayService:
    raise_failure(request)
    return use_cases(request).birthdays


async def calendar_service(request: Request) -> CalendarService:
    return use_cases(request).calendars


async def calendar_feed_service(request: Request) -> CalendarFeedService:
    return use_cases(request).calendar_feeds


async def dead_letter_service(request: Request) -> DeadLetterService:
    return use_cases(request).dead_letters


async def gift_service(request: Request) -> GiftService:
    return use_cases(request).gifts


async def import_service(request: Request) -> ImportService:
    return use_cases(request).imports


async def account_service(request: Request) -> AccountService:
    raise_failure(request)
    return use_cases(request).accounts


async def password_change_service(request: Request) -> PasswordChangeService:
    return use_cases(request).password_changes


async def session_service(request: Request) -> SessionService:
    return use_cases(request).sessions


async def item_service(request: Request) -> ItemService:
    raise_failure(request)
    return use_cases(request).items


async def search_service(request: Request) -> SearchService:
    return use_cases(request).search


async def order_service(request: Request) -> OrderService:
    raise_failure(request)
    return use_cases(request).orders


async def order_feed(request: Request) -> OrderFeed:
    return use_cases(request).order_feed


async def audit_service(request: Request) -> AuditService:
    return use_cases(request).audit


AccountDeletion = Annotated[AccountDeletionService, Depends(account_deletion_service)]
Accounts = Annotated[AccountService, Depends(account_service)]
Audit = Annotated[AuditService, Depends(audit_service)]
Birthdays = Annotated[BirthdayService, Depends(birthday_service)]
CalendarFeeds = Annotated[CalendarFeedService, Depends(calendar_feed_service)]
Calendars = Annotated[CalendarService, Depends(calendar_service)]
DeadLetters = Annotated[DeadLetterService, Depends(dead_letter_service)]
Gifts = Annotated[GiftService, Depends(gift_service)]
Items = Annotated[ItemService, Depends(item_service)]
Imports = Annotated[ImportService, Depends(import_service)]
Orders = Annotated[OrderService, Depends(order_service)]
OrderEvents = Annotated[OrderFeed, Depends(order_feed)]
PasswordChanges = Annotated[PasswordChangeService, Depends(password_change_service)]
People = Annotated[PeopleService, Depends(people_service)]
Health = Annotated[HealthService, Depends(health_service)]
Search = Annotated[SearchService, Depends(search_service)]
Sessions = Annotated[SessionService, Depends(session_service)]
