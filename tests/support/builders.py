"""Things for tests; only what a test cares about needs to be said."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import count
from random import SystemRandom
from string import ascii_letters
from uuid import UUID

from uuid_utils.compat import uuid7

from hello.entities.accounts import Account, Role, email_key
from hello.entities.audit import AuditRecord
from hello.entities.items import Item
from hello.entities.orders import Order, OrderLine
from hello.entities.people import Person
from hello.entities.sessions import Session

NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)
TODAY = NOON.date()
HASHED = "a hash"


def a_name() -> str:
    """Return a name that no other test uses: tests share a database, and it outlives them."""
    return "".join(SystemRandom().choices(ascii_letters, k=20))


def a_person(username: str | None = None, born: date = date(1990, 5, 17)) -> Person:
    return Person(username=username or a_name(), date_of_birth=born)


def an_email() -> str:
    return f"{a_name()}@Example.com"


def an_account(email: str | None = None, role: Role = Role.USER) -> Account:
    email = email or an_email()
    return Account(
        id=uuid7(),
        email=email,
        email_key=email_key(email),
        full_name="Ada Lovelace",
        password_hash=HASHED,
        role=role,
        created_at=NOON,
    )


def a_session(account: Account, expires_at: datetime = NOON + timedelta(days=30)) -> Session:
    return Session(id=uuid7(), account_id=account.id, token_hash=b"\0hash\xff", expires_at=expires_at)


def an_item(owner: Account, title: str = "A kite", version: int = 1) -> Item:
    return Item(
        id=uuid7(),
        title=title,
        description=None,
        price_cents=1999,
        owner_id=owner.id,
        version=version,
        created_at=NOON,
        updated_at=NOON,
    )


def a_line(title: str = "A kite", unit_price_cents: int = 1999, quantity: int = 1) -> OrderLine:
    return OrderLine(item_id=uuid7(), title=title, unit_price_cents=unit_price_cents, quantity=quantity)


def an_order(
    customer_id: UUID, *lines: OrderLine, due_at: datetime = NOON, created_at: datetime = NOON
) -> Order:
    return Order(
        id=uuid7(),
        customer_id=customer_id,
        recipient=None,
        lines=list(lines) or [a_line()],
        due_at=due_at,
        created_at=created_at,
    )


def a_change(subject_id: UUID, action: str = "item.created", **details: object) -> AuditRecord:
    return AuditRecord(at=NOON, actor_id=None, action=action, subject_id=subject_id, details=details)


@dataclass
class StoppedClock:
    """Stands still until somebody moves its hands."""

    time: datetime = NOON

    def __call__(self) -> datetime:
        return self.time

    def move(self, by: timedelta) -> None:
        self.time += by


def numbered_ids() -> Iterator[UUID]:
    """Return ids of which each is greater than the one before."""
    return (UUID(int=number) for number in count(1))
