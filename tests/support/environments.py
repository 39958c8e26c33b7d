"""Hooks: tests that need more than PostgreSQL and Valkey run only where `-m` names their marker."""

import pytest

ENVIRONMENTS = (
    "broker",
    "browser",
    "chaos_root",
    "compose",
    "deploy",
    "deploy_cluster",
    "deploy_server",
    "failover",
    "monitoring",
    "pooler",
    "proxy",
    "search",
    "terraform",
    "terraform_apply",
    "upgrade",
)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect them, so that `pytest` needs neither Kafka nor Docker; its last line says how many."""
    expression: str = config.option.markexpr
    unnamed = {name for name in ENVIRONMENTS if name not in expression}
    deselected = [item for item in items if unnamed & {marker.name for marker in item.iter_markers()}]
    if deselected:
        config.hook.pytest_deselected(items=deselected)
        items[:] = [item for item in items if item not in deselected]
