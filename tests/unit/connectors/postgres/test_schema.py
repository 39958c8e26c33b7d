"""Which PostgreSQL the schema needs, and which statement it gets."""

from pathlib import Path

import pytest

from hello.connectors.postgres.people import SAVED, SAVED_IN_TWO_STEPS, save_statement
from hello.connectors.postgres.schema import check_server, newest_revision
from hello.entities.errors import UnavailableError


@pytest.mark.parametrize(("version", "major"), [(15_00_18, 15), (9_06_24, 9)])
def test_an_older_postgresql_is_refused(version: int, major: int) -> None:
    with pytest.raises(UnavailableError, match=f"^PostgreSQL 16 or newer is needed, this is {major}$"):
        check_server(version)


@pytest.mark.parametrize("version", [16_00_00, 16_00_15, 17_00_11, 18_00_06, 19_00_01])
def test_postgresql_16_and_newer_will_do(version: int) -> None:
    check_server(version)


@pytest.mark.parametrize(
    ("major", "statement"), [(16, SAVED_IN_TWO_STEPS), (17, SAVED_IN_TWO_STEPS), (18, SAVED), (19, SAVED)]
)
def test_save_statement_returns_old_values_from_18_on(major: int, statement: str) -> None:
    assert statement in save_statement(major)


def test_newest_revision_has_the_greatest_number(tmp_path: Path) -> None:
    versions = tmp_path / "versions"
    versions.mkdir()
    for name in ("0009_a_b.py", "0010_c.py", "0002_z.py", "0011.txt", "env.py", "__init__.py"):
        (versions / name).touch()
    assert newest_revision(tmp_path) == "0010"
