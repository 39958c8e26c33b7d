"""How late events and orders are, for people who ask whether the service keeps up."""

from dataclasses import dataclass, field
from datetime import datetime

from hello.core.clock import Clock
from hello.core.single_flight import SingleFlight
from hello.services.ports import Begin


@dataclass(frozen=True, slots=True, kw_only=True)
class Lag:
    """For how many seconds the oldest event waits, and the oldest order is due; None if there is none."""

    event_s: float | None
    order_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventLag:
    """Reads at most once at a time, however many ask."""

    begin: Begin
    now: Clock
    _flights: SingleFlight[None, Lag] = field(default_factory=SingleFlight, init=False)

    async def read(self) -> Lag:
        """Raise `UnavailableError` if the database cannot be asked."""
        return await self._flights.share(None, self._read)

    async def _read(self) -> Lag:
        async with self.begin() as tx:
            event, order = await tx.outbox.oldest(), await tx.orders.next_due()
        return Lag(event_s=self._age(event), order_s=self._age(order))

    def _age(self, moment: datetime | None) -> float | None:
        """Return None for what is due only later: it does not wait."""
        age_s = None if moment is None else (self.now() - moment).total_seconds()
        return None if age_s is None or age_s < 0 else age_s
