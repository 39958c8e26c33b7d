"""Hooks: which process runs which test modules, and in which order."""

import gc
import os
from pathlib import Path

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

HERE = Path(__file__).parents[1]
LONGEST_FIRST = (
    "chaos/",
    "external/test_run",
    "external/test_faults",
    "external/test_dead_letters",
    "external/",
    "integrated/",
    "contracts/",
    "unit/",
)
HELLO_RUN = {"test_birthdays", "test_every_route", "test_hello", "test_hello_feature", "test_status_page"}
UNLIMITED = {
    "test_authorization",
    "test_command_line",
    "test_item_lists",
    "test_item_versions",
    "test_items",
    "test_order_events",
    "test_order_keys",
    "test_orders",
    "test_search",
    "test_search_input",
}
ACCOUNTS = {"test_accounts", "test_sessions"}
GROUPS = {
    f"tests/external/{module}.py": group
    for group, modules in {"hello run": HELLO_RUN, "unlimited": UNLIMITED, "accounts": ACCOUNTS}.items()
    for module in modules
}


class SharedServers(LoadScopeScheduling):  # type: ignore[misc]  # it has no types
    """One process runs all tests of a module, and all modules of a group, since these share a server."""

    def _split_scope(self, nodeid: str) -> str:
        module = nodeid.split("::", 1)[0]
        return GROUPS.get(module, module)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    return SharedServers(config, log)


def pytest_xdist_auto_num_workers() -> int | None:
    """Start one process more than there are cores, as tests often wait for a server."""
    if "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ:
        return None
    return (os.cpu_count() or 1) + 1


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the longest modules first, so that processes finish together; the order is random otherwise."""
    items.sort(key=lambda item: rank(item.path))


def rank(path: Path) -> int:
    place = path.relative_to(HERE).as_posix()
    found = (number for number, start in enumerate(LONGEST_FIRST) if place.startswith(start))
    return next(found, len(LONGEST_FIRST))


def pytest_configure() -> None:
    """Look for no garbage while test modules are imported."""
    gc.disable()


def pytest_collection_finish() -> None:
    """Leave what was imported out of later collections."""
    gc.freeze()
    gc.enable()
