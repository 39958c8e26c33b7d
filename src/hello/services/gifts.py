"""The consumer that counts how many gifts are on their way to whom."""

from hello.entities.events import Event
from hello.services.event_ports import EventTransaction, Subscription

GIFTS = Subscription("gifts", frozenset({"order.shipped"}))


async def count_gift(tx: EventTransaction, event: Event) -> None:
    """Count one for its recipient; an order that its customer keeps is no gift."""
    if recipient := event.data["recipient"]:
        await tx.gifts.count(recipient)
