"""`hello run` under the demonstration load, and a Prometheus that scrapes it."""

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from hello.entrypoints.children import read_connections
from tests.monitoring.exporters import running_exporters
from tests.monitoring.load import under_load
from tests.monitoring.prometheus import Prometheus, Targets, running_prometheus, targets_of
from tests.monitoring.short_windows import short_rules
from tests.search.engine import running_engine
from tests.support.http.orders import ADMIN_TOKEN
from tests.support.http.running import Running, running_hello

collect_ignore_glob = [] if find_spec("monitoring") else ["*"]
"""The image for tests holds no dashboards."""
SETTINGS = {
    "ADMIN_TOKEN": ADMIN_TOKEN,
    "ORDER_CONFIRM_DELAY_S": "1",
    "ORDER_SHIP_DELAY_S": "1",
    "FIGURES_POLL_S": "1",
    "ORDER_FOLLOWERS": "1",
    "DATABASE_QUEUE_SIZE": "1",
}
"""The last two are too little for the crowds of the load: some requests fail, and some are refused."""


@pytest.fixture(scope="session")
def hello_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("hello")


@pytest.fixture(scope="session")
def search_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_engine("elasticsearch", tmp_path_factory.mktemp("engine")) as engine:
        yield engine.url


@pytest.fixture(scope="session")
def hello(hello_dir: Path, search_url: str) -> Iterator[Running]:
    with running_hello(hello_dir, "--workers", "2", SEARCH_URL=search_url, **SETTINGS) as hello:
        yield hello


@pytest.fixture(scope="session")
def targets(hello: Running, hello_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Targets]:
    urls, folder = read_connections(hello_dir), tmp_path_factory.mktemp("exporters")
    with running_exporters(folder, urls["database_url"], urls["redis_url"]) as exporters:
        yield {**targets_of(hello), **exporters}


@pytest.fixture(scope="session")
def loaded(hello: Running, hello_dir: Path) -> Iterator[None]:
    """Customers in every room of the service, and one event that becomes a dead letter."""
    database_url = read_connections(hello_dir)["database_url"]
    with under_load(hello.url, {"ADMIN_TOKEN": ADMIN_TOKEN, "DATABASE_URL": database_url}):
        yield


@pytest.fixture(scope="session")
def prometheus(targets: Targets, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    folder = tmp_path_factory.mktemp("prometheus")
    with running_prometheus(folder, targets, short_rules(folder, {})) as prometheus:
        yield prometheus
