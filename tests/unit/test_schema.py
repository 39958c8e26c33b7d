"""Which PostgreSQL the schema needs."""

import pytest

from hello.connectors.postgres.schema import check_server
from hello.entities.errors import UnavailableError


@pytest.mark.parametrize(("version", "major"), [(17_00_06, 17), (9_06_24, 9)])
def test_an_older_postgresql_is_refused(version: int, major: int) -> None:
    with pytest.raises(UnavailableError, match=f"^PostgreSQL 18 or newer is needed, this is {major}$"):
        check_server(version)


@pytest.mark.parametrize("version", [18_00_00, 18_00_06, 19_00_01])
def test_postgresql_18_and_newer_will_do(version: int) -> None:
    check_server(version)
