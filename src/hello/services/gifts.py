"""How many gifts are on their way to whom: the consumer that counts them, and the count."""

from dataclasses import dataclass

from hello.entities.errors import NotFoundError
from hello.entities.events import Event
from hello.services.event_ports import Subscription
from hello.services.ports import Begin, Transaction

GIFTS = Subscription("gifts", frozenset({"order.shipped"}))


async def count_gift(tx: Transaction, event: Event) -> None:
    """Count one for its recipient; an order that its customer keeps is no gift."""
    if recipient := event.data["recipient"]:
        await tx.gifts.count(recipient)


@dataclass(frozen=True, slots=True)
class GiftService:
    begin: Begin

    async def received(self, username: str) -> int:
        """Return how many orders for this person were shipped; raise `NotFoundError` for a stranger."""
        async with self.begin() as tx:
            if not await tx.people.knows(username):
                raise NotFoundError(f"no user named {username}")
            return await tx.gifts.received(username)
