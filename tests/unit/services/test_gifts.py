"""How many gifts are on their way to a person."""

from datetime import date

import pytest

from hello.entities.errors import NotFoundError
from hello.services.gifts import GiftService
from tests.twins.transaction import TwinUnitOfWork


async def test_gifts_are_those_of_the_person() -> None:
    twin = TwinUnitOfWork()
    twin.stored.people.rows = dict.fromkeys(("Ada", "Bob"), date(1990, 5, 17))
    twin.stored.gifts.rows["Ada"] = 2
    gifts = GiftService(twin.begin)
    assert [await gifts.received(name) for name in ("Ada", "Bob")] == [2, 0]


async def test_gifts_of_an_unknown_person_are_not_found() -> None:
    twin = TwinUnitOfWork()
    twin.stored.gifts.rows["Ada"] = 2
    with pytest.raises(NotFoundError) as raised:
        await GiftService(twin.begin).received("Ada")
    assert str(raised.value) == "no user named Ada"
