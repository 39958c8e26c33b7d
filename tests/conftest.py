"""What all tests share: fixtures, servers, and the order in which modules run."""

import pytest

pytest.register_assert_rewrite("tests.support")
pytest_plugins = [
    "tests.support.environments",
    "tests.support.fixtures",
    "tests.support.lookups",
    "tests.support.scheduling",
    "tests.support.servers",
]
