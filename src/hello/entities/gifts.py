"""How many gifts were sent on their way to whom."""

from sqlalchemy import BigInteger, Text
from sqlalchemy.orm import Mapped, mapped_column

from hello.entities.base import Base


class GiftsReceived(Base, kw_only=True):
    __tablename__ = "gifts_received"

    username: Mapped[str] = mapped_column(Text(collation="C"), primary_key=True)
    gifts: Mapped[int] = mapped_column(BigInteger)
