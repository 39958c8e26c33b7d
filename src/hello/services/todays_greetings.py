"""The greetings of a day, worked out once for each of the 366 days of birth there are."""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, tzinfo

from hello.entities.birthdays import LeapDay, days_until_birthday, leap_year_date, month_day
from hello.entities.greetings import Greeting, hello

SOME_LEAP_YEAR = date(2000, 1, 1)


@dataclass(slots=True, kw_only=True)
class TodaysGreetings:
    """`zone` is where the service lives: it says which day today is unless the client asks otherwise."""

    zone: tzinfo
    leap_day: LeapDay
    greeting: Greeting
    _today: date = date.min
    _since: float = 0
    _until: float = 0
    _endings: dict[int, str] = field(default_factory=dict)

    def day(self, now: float) -> date:
        """Return which day `now`, in seconds since 1970, is in."""
        if not self._since <= now < self._until:
            self._turn(datetime.fromtimestamp(now, self.zone))
        return self._today

    def greet(self, username: str, month_day: int, now: float) -> str:
        """Return the greeting of that day for somebody born on `month_day`."""
        if not self._since <= now < self._until:
            self._turn(datetime.fromtimestamp(now, self.zone))
        return hello(username, self._endings[month_day])

    def greet_on(self, day: date, username: str, month_day: int) -> str:
        return hello(username, self._ending(month_day, day))

    def _ending(self, month_day: int, day: date) -> str:
        return self.greeting.ending(days_until_birthday(leap_year_date(month_day), day, self.leap_day))

    def _turn(self, now: datetime) -> None:
        """Begin another day, also an earlier one if the clock was set back; days differ in length."""
        self._today = now.date()
        self._since = datetime.combine(self._today, time(), self.zone).timestamp()
        self._until = datetime.combine(self._today + timedelta(1), time(), self.zone).timestamp()
        days = [month_day(SOME_LEAP_YEAR + timedelta(day)) for day in range(366)]
        self._endings = {day: self._ending(day, self._today) for day in days}
