"""Whose birthday has been announced on which day, so that it is announced once."""

from datetime import date

from sqlalchemy import Text
from sqlalchemy.orm import Mapped, mapped_column

from hello.entities.base import Base


class Announcement(Base, kw_only=True):
    __tablename__ = "announcements"

    day: Mapped[date] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(Text(collation="C"), primary_key=True)
