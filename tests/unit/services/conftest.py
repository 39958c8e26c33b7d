"""Somebody who orders, and an item that can be ordered, on the twins."""

from uuid import UUID

import pytest

from hello.services.security import Caller
from tests.support.orders import OrderUseCases
from tests.twins.transaction import TwinUnitOfWork


@pytest.fixture
def use_cases(twin: TwinUnitOfWork) -> OrderUseCases:
    return OrderUseCases(twin.begin)


@pytest.fixture
async def ada(use_cases: OrderUseCases) -> Caller:
    return await use_cases.somebody()


@pytest.fixture
async def kite(use_cases: OrderUseCases, ada: Caller) -> UUID:
    return await use_cases.item(ada)
