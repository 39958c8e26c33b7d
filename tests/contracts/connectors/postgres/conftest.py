"""Stores that keep the promises of ports: the twin and PostgreSQL."""

import pytest

from hello.services.ports import Begin
from tests.support.builders import a_name
from tests.twins.transaction import TwinUnitOfWork


@pytest.fixture(params=["twin", pytest.param("postgres", marks=pytest.mark.integrated)])
def begin(request: pytest.FixtureRequest, twin: TwinUnitOfWork) -> Begin:
    if request.param == "twin":
        return twin.begin
    begin: Begin = request.getfixturevalue("rolled_back").begin
    return begin


@pytest.fixture
def consumer() -> str:
    """A name that no other test uses."""
    return a_name()
