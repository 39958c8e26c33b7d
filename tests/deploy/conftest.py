"""Each environment that has a file of values, as the chart renders it."""

import pytest

from tests.deploy.charts import ENVIRONMENTS, Manifest, render


@pytest.fixture(params=ENVIRONMENTS)
def manifests(request: pytest.FixtureRequest) -> list[Manifest]:
    return render(ENVIRONMENTS[request.param])
