"""Which tasks a worker does, as the command line says."""

import pytest

from hello.core.settings import Settings
from hello.entities.errors import InvalidError
from hello.entrypoints.cli.worker import names_of, require_broker


@pytest.mark.parametrize("only", ["relay", "consumers", "progress,relay"])
def test_task_that_needs_a_broker_is_refused_without_one(only: str) -> None:
    settings = Settings(redis_url=None, broker_url=None)
    with pytest.raises(InvalidError, match="needs BROKER_URL or REDIS_URL"):
        require_broker(settings, names_of(only))


@pytest.mark.parametrize("only", ["progress", "progress,cleanup"])
def test_other_tasks_need_no_broker(only: str) -> None:
    require_broker(Settings(redis_url=None, broker_url=None), names_of(only))
