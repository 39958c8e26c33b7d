"""Twins for unit tests; a real PostgreSQL and Valkey, started from wheels, for the others."""

import os

import pytest

from tests.twins import TwinUnitOfWork

pytest_plugins = ["tests.servers"]
SLOWEST_FIRST = ("chaos", "external", "integrated", "contracts", "unit")


def pytest_xdist_auto_num_workers() -> int:
    """Start one process more than there are cores, since tests wait for servers half of the time."""
    return (os.cpu_count() or 1) + 1


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Let no process start a long module when the others have finished; within a folder, the order is random."""
    if config.getoption("numprocesses", None):
        items.sort(key=lambda item: SLOWEST_FIRST.index(item.path.relative_to(HERE).parts[0]))


@pytest.fixture
def twin() -> TwinUnitOfWork:
    return TwinUnitOfWork()
