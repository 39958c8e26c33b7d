"""People: a name and a day of birth."""

import re
from datetime import date

from sqlalchemy import BigInteger, Computed, Index, SmallInteger, Text
from sqlalchemy.orm import Mapped, mapped_column

from hello.entities.base import Base
from hello.entities.errors import InvalidError

USERNAME_PATTERN = "[A-Za-z]{1,100}"
USERNAME = re.compile(USERNAME_PATTERN)
MONTH_DAY = "(EXTRACT(month FROM date_of_birth) * 100 + EXTRACT(day FROM date_of_birth))::smallint"


class Person(Base, kw_only=True):
    """Names sort by code points. Pages keep room for updated rows, which makes a save cheaper."""

    __tablename__ = "people"
    __table_args__ = (
        Index(None, "month_day", "username", postgresql_include=["date_of_birth"]),
        {"postgresql_with": {"fillfactor": 65}},
    )

    username: Mapped[str] = mapped_column(Text(collation="C"), primary_key=True)
    date_of_birth: Mapped[date]
    month_day: Mapped[int] = mapped_column(SmallInteger, Computed(MONTH_DAY, persisted=True), init=False)


class BirthdayListStamp(Base, kw_only=True):
    """Random numbers, one of which every change of a list about now replaces: equal ones, equal lists."""

    __tablename__ = "birthday_list_stamps"

    shard: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    stamp: Mapped[int] = mapped_column(BigInteger)


def check_username(text: str) -> str:
    """Raise `InvalidError` unless the text is 1 to 100 ASCII letters; `John` and `john` are two people."""
    if USERNAME.fullmatch(text) is None:
        raise InvalidError("must be 1 to 100 letters from A to Z, capital or small", field="username")
    return text


def check_born(born: date, today: date) -> date:
    """Raise `InvalidError` unless the day of birth lies before today."""
    if born >= today:
        raise InvalidError(f"must be before today, {today.isoformat()}", field="dateOfBirth")
    return born
