"""The words of a greeting."""

from dataclasses import dataclass
from enum import StrEnum


class DaysWording(StrEnum):
    SPEC = "spec"
    PLURAL = "plural"


@dataclass(frozen=True, slots=True)
class Greeting:
    wording: DaysWording

    def to(self, username: str, days: int) -> str:
        """Greet someone whose birthday is in so many days, today when 0."""
        if days == 0:
            return f"Hello, {username}! Happy birthday!"
        return f"Hello, {username}! Your birthday is in {days} {self._unit(days)}"

    def _unit(self, days: int) -> str:
        if self.wording is DaysWording.SPEC:
            return "day(s)"
        return "day" if days == 1 else "days"
