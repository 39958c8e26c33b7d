"""Fixtures: the lookups on a real database."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from hello.bootstrap.connectors import lookups_of
from hello.connectors.postgres.batches import Batches, open_batches
from hello.core.batching import Bounds
from hello.services.lookups import Lookups


@pytest.fixture
async def batches(engine: AsyncEngine) -> AsyncIterator[Batches]:
    """Truly commit, and see what is committed."""
    async with open_batches(engine, Bounds(), 2) as batches:
        yield batches


@pytest.fixture
async def lookups(batches: Batches) -> Lookups:
    return lookups_of(batches)
