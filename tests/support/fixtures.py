"""Fixtures without I/O."""

import pytest

from tests.twins.transaction import TwinUnitOfWork


@pytest.fixture
def twin() -> TwinUnitOfWork:
    return TwinUnitOfWork()
