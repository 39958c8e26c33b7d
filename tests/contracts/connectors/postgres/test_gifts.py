"""The promises of the port `Gifts`, kept by the twin and by PostgreSQL alike."""

from hello.services.ports import Begin
from tests.support.builders import a_name


async def test_gifts_are_counted_by_name(begin: Begin) -> None:
    ada, bob = a_name(), a_name()
    for username in (ada, bob, ada):
        async with begin() as tx:
            await tx.gifts.count(username)
    async with begin() as tx:
        names = (ada, bob, ada.swapcase())
        assert [await tx.gifts.received(name) for name in names] == [2, 1, 0]
