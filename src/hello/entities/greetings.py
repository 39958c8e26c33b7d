"""The words of a greeting."""

from dataclasses import dataclass
from enum import StrEnum


class DaysWording(StrEnum):
    SPEC = "spec"
    PLURAL = "plural"


def hello(username: str, ending: str) -> str:
    return f"Hello, {username}{ending}"


@dataclass(frozen=True, slots=True)
class Greeting:
    wording: DaysWording

    def ending(self, days: int) -> str:
        """Return what follows the name if the birthday is in so many days, today if 0."""
        return "! Happy birthday!" if days == 0 else f"! Your birthday is in {days} {self._unit(days)}"

    def _unit(self, days: int) -> str:
        if self.wording is DaysWording.SPEC:
            return "day(s)"
        return "day" if days == 1 else "days"
