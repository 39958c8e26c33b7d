"""Twins for unit tests; a real PostgreSQL and Valkey, started from wheels, for the others."""

import pytest

from tests.twins import TwinUnitOfWork

pytest_plugins = ["tests.scheduling", "tests.servers"]


@pytest.fixture
def twin() -> TwinUnitOfWork:
    return TwinUnitOfWork()
