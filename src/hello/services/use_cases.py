"""Every use case, ready to be offered over HTTP or to a worker."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import TypeAlias

from hello.services.account_deletion import AccountDeletionService
from hello.services.accounts import AccountService
from hello.services.announcements import AnnouncementService
from hello.services.audit import AuditService
from hello.services.birthday_spread import BirthdaySpread
from hello.services.birthdays import BirthdayService
from hello.services.browser_sessions import BrowserSessionService
from hello.services.calendar_feeds import CalendarFeedService
from hello.services.calendars import CalendarService
from hello.services.dead_letters import DeadLetterService
from hello.services.event_lag import EventLag
from hello.services.gifts import GiftService
from hello.services.health import HealthService
from hello.services.idempotency import IdempotencyService
from hello.services.imports import ImportService
from hello.services.items import ItemService
from hello.services.order_feed import OrderFeed
from hello.services.order_progress import OrderProgress
from hello.services.orders import OrderService
from hello.services.password_changes import PasswordChangeService
from hello.services.people import PeopleService
from hello.services.search import SearchService
from hello.services.security import AccessTokens, Limiter
from hello.services.sessions import SessionService


@dataclass(frozen=True, slots=True, kw_only=True)
class UseCases:
    """With them what the interface needs to know who asks, and how often."""

    access_tokens: AccessTokens
    account_deletion: AccountDeletionService
    accounts: AccountService
    announcements: AnnouncementService
    audit: AuditService
    birthday_spread: BirthdaySpread
    birthdays: BirthdayService
    browser_sessions: BrowserSessionService
    calendar_feeds: CalendarFeedService
    calendars: CalendarService
    dead_letters: DeadLetterService
    event_lag: EventLag
    gifts: GiftService
    idempotency: IdempotencyService
    imports: ImportService
    items: ItemService
    limiter: Limiter
    order_feed: OrderFeed
    order_progress: OrderProgress
    orders: OrderService
    password_changes: PasswordChangeService
    people: PeopleService
    health: HealthService
    search: SearchService
    sessions: SessionService


OpenUseCases: TypeAlias = Callable[[], AbstractAsyncContextManager[UseCases]]
