"""Lists of birthdays as JSON."""

from datetime import date

from pydantic import BaseModel, ConfigDict

from hello.interface.http.pagination import EXAMPLE


class BirthdayToday(BaseModel):
    username: str
    turns: int


class BirthdayUpcoming(BirthdayToday):
    date: date
    in_days: int


class TodayResponse(BaseModel):
    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "date": "2026-06-15",
                "people": [{"username": "John", "turns": 36}],
                "next_cursor": EXAMPLE,
            }
        }
    )

    date: date
    people: list[BirthdayToday]
    next_cursor: str | None


class UpcomingResponse(BaseModel):
    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "date": "2026-06-15",
                "people": [{"username": "Jane", "turns": 30, "date": "2026-06-17", "in_days": 2}],
                "next_cursor": EXAMPLE,
            }
        }
    )

    date: date
    people: list[BirthdayUpcoming]
    next_cursor: str | None
