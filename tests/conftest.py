"""Twins for unit tests; a real PostgreSQL and Valkey, started from wheels, for the others."""

import pytest

from tests.twins.transaction import TwinUnitOfWork

pytest_plugins = ["tests.support.scheduling", "tests.support.servers"]


@pytest.fixture
def twin() -> TwinUnitOfWork:
    return TwinUnitOfWork()
