"""Which use case gets which ports, and what of the settings."""

from asyncio import Semaphore
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from secrets import token_urlsafe
from time import monotonic, perf_counter

from uuid_utils.compat import uuid7

from hello.core.background_jobs import Enqueue
from hello.core.clock import now
from hello.core.settings import Settings
from hello.core.shutdown import ShutdownSignal
from hello.entities.birthdays import LeapDay
from hello.entities.greetings import DaysWording, Greeting
from hello.services.account_deletion import AccountDeletionService
from hello.services.accounts import AccountRegistered, AccountService
from hello.services.announcements import AnnouncementService
from hello.services.audit import AuditService
from hello.services.birthday_lists import ListedDays
from hello.services.birthday_spread import BirthdaySpread
from hello.services.birthdays import BirthdayService
from hello.services.browser_sessions import BrowserSessionService
from hello.services.bus import Bus, DomainEventMetrics, Publish
from hello.services.calendar_feeds import CalendarFeedService
from hello.services.calendars import CalendarService
from hello.services.dead_letters import DeadLetterService
from hello.services.event_lag import EventLag
from hello.services.gifts import GiftService
from hello.services.health import HealthService, Probe
from hello.services.idempotency import IdempotencyService
from hello.services.imports import ImportService
from hello.services.inbox import Effect
from hello.services.item_creation import ItemStore
from hello.services.items import ItemChanged, ItemService
from hello.services.lookups import Lookups
from hello.services.order_creation import OrderCreated, OrderCreation, OrderStore
from hello.services.order_feed import Listen, OrderFeed
from hello.services.order_progress import OrderProgress
from hello.services.orders import OrderCancelled, OrderReplaced, OrderService
from hello.services.password_changes import PasswordChangeService
from hello.services.people import PeopleService
from hello.services.ports import BatchCalls, Begin, PersonLookup, StampedPages
from hello.services.search import ItemIndex, SearchService
from hello.services.security import AccessTokens, Limiter, Passwords
from hello.services.session_watch import SessionWatch
from hello.services.sessions import SessionService
from hello.services.todays_greetings import TodaysGreetings
from hello.services.use_cases import UseCases

ORDERS_AT_ONCE = ITEMS_AT_ONCE = 100
COUNTED = (AccountRegistered, ItemChanged, OrderCreated, OrderReplaced, OrderCancelled)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """What the use cases ask of the outside world, connected."""

    begin: Begin
    effects: Mapping[str, Effect]
    lookup: PersonLookup
    listed_days: ListedDays
    lookups: Lookups
    order_store: OrderStore
    item_store: ItemStore
    batch_calls: BatchCalls
    stamped_pages: StampedPages
    item_index: ItemIndex
    passwords: Passwords
    access_tokens: AccessTokens
    limiter: Limiter
    domain_events: DomainEventMetrics
    enqueue: Enqueue
    listen: Listen
    stop: ShutdownSignal
    count_log_in: Callable[[str], None]
    count_move: Callable[[str], None]


def use_cases(settings: Settings, ports: Ports, health: HealthService) -> UseCases:
    people, bus = people_service(settings, ports), bus_of(ports.domain_events)
    sessions = SessionService(
        begin=ports.begin,
        passwords=ports.passwords,
        access_tokens=ports.access_tokens,
        limiter=ports.limiter,
        enqueue=ports.enqueue,
        now=now,
        new_id=uuid7,
        new_secret=partial(token_urlsafe, 32),
        lifetime=timedelta(days=settings.refresh_lifetime_days),
        grace=timedelta(seconds=settings.refresh_grace_s),
        count_log_in=ports.count_log_in,
    )
    return UseCases(
        access_tokens=ports.access_tokens,
        account_deletion=account_deletion_service(ports, bus.publish),
        accounts=account_service(ports, bus.publish),
        announcements=announcement_service(settings, ports),
        audit=AuditService(begin=ports.begin, now=now, new_id=uuid7),
        birthdays=birthday_service(settings, ports),
        birthday_spread=BirthdaySpread(begin=ports.begin, timer=monotonic),
        browser_sessions=BrowserSessionService(begin=ports.begin, lookup=ports.lookups.sessions, now=now),
        calendar_feeds=CalendarFeedService(begin=ports.begin, now=now, new_secret=partial(token_urlsafe, 32)),
        calendars=calendar_service(settings, ports),
        dead_letters=DeadLetterService(begin=ports.begin, effects=ports.effects, now=now),
        event_lag=EventLag(begin=ports.begin, now=now),
        gifts=GiftService(ports.begin),
        health=health,
        idempotency=idempotency_service(settings, ports),
        imports=ImportService(people=people),
        items=item_service(ports, bus.publish),
        limiter=ports.limiter,
        order_feed=order_feed(settings, ports),
        order_progress=order_progress(settings, ports),
        orders=order_service(settings, ports, bus.publish),
        password_changes=PasswordChangeService(
            begin=ports.begin, passwords=ports.passwords, limiter=ports.limiter, now=now
        ),
        people=people,
        search=SearchService(items=ports.lookups.items, index=ports.item_index),
        sessions=sessions,
    )


def bus_of(metrics: DomainEventMetrics) -> Bus:
    """Wire who listens to what."""
    bus = Bus(metrics)
    for kind in COUNTED:
        bus.on(kind, metrics.heard)
    return bus


def account_service(ports: Ports, publish: Publish) -> AccountService:
    return AccountService(
        begin=ports.begin,
        lookup=ports.lookups.accounts,
        passwords=ports.passwords,
        publish=publish,
        now=now,
        new_id=uuid7,
    )


def item_service(ports: Ports, publish: Publish) -> ItemService:
    lookups = ports.lookups
    return ItemService(
        begin=ports.begin,
        lookup=lookups.items,
        pages=lookups.item_pages,
        creation=ports.batch_calls("create_items", ports.item_store.add, batch=ITEMS_AT_ONCE),
        publish=publish,
        now=now,
        new_id=uuid7,
    )


def account_deletion_service(ports: Ports, publish: Publish) -> AccountDeletionService:
    return AccountDeletionService(
        begin=ports.begin, passwords=ports.passwords, limiter=ports.limiter, publish=publish, now=now
    )


def people_service(settings: Settings, ports: Ports) -> PeopleService:
    leap_day = LeapDay(settings.leap_day)
    return PeopleService(
        begin=ports.begin,
        lookup=ports.lookup,
        listed_days=ports.listed_days,
        now=now,
        new_id=uuid7,
        greetings=TodaysGreetings(
            zone=settings.zone, leap_day=leap_day, greeting=Greeting(DaysWording(settings.days_wording))
        ),
    )


def birthday_service(settings: Settings, ports: Ports) -> BirthdayService:
    return BirthdayService(
        lookup=ports.lookups.birthday_pages,
        listed_days=ports.listed_days,
        pages=ports.stamped_pages,
        stamp=ports.lookup.list_stamp,
        now=now,
        zone=settings.zone,
        leap_day=LeapDay(settings.leap_day),
    )


def calendar_service(settings: Settings, ports: Ports) -> CalendarService:
    return CalendarService(
        lookup=ports.lookups.birthday_texts,
        now=now,
        zone=settings.zone,
        leap_day=LeapDay(settings.leap_day),
        max_events=settings.calendar_events,
    )


def announcement_service(settings: Settings, ports: Ports) -> AnnouncementService:
    return AnnouncementService(
        begin=ports.begin, now=now, zone=settings.zone, leap_day=LeapDay(settings.leap_day)
    )


def order_service(settings: Settings, ports: Ports, publish: Publish) -> OrderService:
    creation = OrderCreation(
        store=ports.order_store,
        publish=publish,
        now=now,
        new_id=uuid7,
        confirm_delay=timedelta(seconds=settings.order_confirm_delay_s),
    )
    lookups = ports.lookups
    return OrderService(
        begin=ports.begin,
        lookup=lookups.orders,
        pages=lookups.order_pages,
        publish=publish,
        now=now,
        new_id=uuid7,
        creation=ports.batch_calls("create_orders", creation.create_all, batch=ORDERS_AT_ONCE),
    )


def order_feed(settings: Settings, ports: Ports) -> OrderFeed:
    """Leave half of the pool to those who do not follow."""
    return OrderFeed(
        begin=ports.begin,
        listen=ports.listen,
        stop=ports.stop,
        sessions=SessionWatch(begin=ports.begin, now=now),
        reads=Semaphore(max(1, settings.database_pool_size // 2)),
        seats=Semaphore(settings.order_followers),
        per_account=settings.order_followers_per_account,
    )


def order_progress(settings: Settings, ports: Ports) -> OrderProgress:
    delay = timedelta(seconds=settings.order_ship_delay_s)
    return OrderProgress(begin=ports.begin, now=now, ship_delay=delay, count_move=ports.count_move)


def idempotency_service(settings: Settings, ports: Ports) -> IdempotencyService:
    return IdempotencyService(begin=ports.begin, now=now, kept=timedelta(days=settings.idempotency_days))


def health_service(settings: Settings, probes: list[Probe], shutdown: ShutdownSignal) -> HealthService:
    return HealthService(
        probes=probes, shutdown=shutdown, timer=perf_counter, timeout_s=settings.database_deadline_s
    )
