"""The sample data and figures that the tests of the comparison share."""

from collections.abc import Callable

import pytest
from benchmarks.routes.data import SampleData
from benchmarks.routes.figures import Figure

Measure = Callable[..., Figure]


@pytest.fixture(scope="session")
def data() -> SampleData:
    return SampleData(["Ada", "Grace"])


@pytest.fixture
def measure() -> Measure:
    """Make a figure of which a test names what matters to it."""

    def make(per_s: float = 1000, **other: float) -> Figure:
        usual = {"p50_ms": 1.0, "p99_ms": 5.0, "server_us": 50.0, "postgres_us": 40.0, "memory_mib": 100.0}
        return Figure(per_s=per_s, **(usual | other))

    return make
