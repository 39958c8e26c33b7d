"""Two accounts in the store that a suite is about."""

import pytest

from hello.entities.accounts import Account
from hello.services.accounts import registration
from hello.services.ports import Begin
from tests.support.builders import an_account


async def settled(begin: Begin) -> Account:
    account = an_account()
    async with begin() as tx:
        await tx.accounts.add(account, registration(account))
    return account


@pytest.fixture
async def ada(begin: Begin) -> Account:
    return await settled(begin)


@pytest.fixture
async def bob(begin: Begin) -> Account:
    return await settled(begin)
