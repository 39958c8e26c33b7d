"""The event `birthday.today`, once for each person and day, whenever and by however many workers."""

from dataclasses import dataclass
from datetime import timedelta, tzinfo

from hello.core.clock import Clock, today
from hello.entities.birthdays import Celebration, LeapDay, groups_between
from hello.entities.events import Event
from hello.services.ports import Begin

KEPT_DAYS = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnouncementService:
    begin: Begin
    now: Clock
    zone: tzinfo
    leap_day: LeapDay

    async def announce(self, limit: int) -> int:
        """Announce at most `limit` of today's birthdays that are not announced yet; return how many."""
        day = today(self.now, self.zone)
        groups = list(groups_between(day, 0, 0, self.leap_day))
        async with self.begin() as tx:
            people = await tx.announcements.claim(day, [group.month_day for group in groups], limit)
            if people:
                await tx.outbox.add(*map(self._event, people))
        return len(people)

    async def forget(self) -> None:
        """Delete announcements that are older than a week."""
        async with self.begin() as tx:
            await tx.announcements.forget(today(self.now, self.zone) - timedelta(KEPT_DAYS))

    def _event(self, person: Celebration) -> Event:
        day = person.day.isoformat()
        return Event(
            id=f"birthday-{day}-{person.username}",
            type="birthday.today",
            subject=person.username,
            time=self.now(),
            data={"username": person.username, "date": day, "turns": person.turns},
        )
