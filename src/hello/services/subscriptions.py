"""Every consumer that the product ships, and what an event brings about there."""

from collections.abc import Mapping

from hello.services.event_ports import Effect, Subscription
from hello.services.gifts import GIFTS, count_gift

EFFECTS: Mapping[Subscription, Effect] = {GIFTS: count_gift}
