"""Squawk finds nothing in a migration that blocks the release before it, or that it cannot use."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from hello.connectors.postgres.schema import migrations_folder
from tests.support.paths import REPOSITORY

SQUAWK, ALEMBIC = (str(Path(sys.executable).with_name(name)) for name in ("squawk", "alembic"))
REVISION = re.compile(r"^-- Running upgrade .*?(\d{4})$", re.MULTILINE)
REVISIONS = sorted(file.name[:4] for file in (migrations_folder() / "versions").glob("*.py"))
SMALL_NUMBERS = {"prefer-bigint-over-int": "prices, quantities and versions stay far below two billion"}
EXCEPTIONS: Mapping[str, Mapping[str, str]] = {
    "0002": {
        "changing-column-type": "before the first release",
        "adding-field-with-default": "before the first release",
        "require-concurrent-index-creation": "before the first release",
    },
    "0004": SMALL_NUMBERS,
    "0006": SMALL_NUMBERS,
    "0009": SMALL_NUMBERS,
    "0010": {"ban-drop-column": "no release has ever used it"},
    "0011": {"ban-drop-column": "no release has ever used it"},
    "0015": {
        "renaming-table": "a view keeps the old name for the release before",
        "renaming-object": "no statement names these constraints",
    },
    "0016": SMALL_NUMBERS,
}
"""What a migration of the past may do, and why. A new one needs no exception, or a review."""


@pytest.fixture(scope="module")
def statements() -> Mapping[str, str]:
    """Return the SQL of each revision."""
    command = [ALEMBIC, "upgrade", "head", "--sql"]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True)
    _, *parts = REVISION.split(done.stdout)
    return dict(zip(parts[::2], parts[1::2], strict=True))


def found_in(sql: str, folder: Path) -> Iterator[str]:
    """Yield the rules that the SQL violates."""
    file = folder / "migration.sql"
    file.write_text(sql)
    command = [SQUAWK, "--config", f"{REPOSITORY}/.squawk.toml", "--reporter", "json", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout, done.stderr
    yield from (one["rule_name"] for one in json.loads(done.stdout))


@pytest.mark.parametrize("revision", REVISIONS)
def test_migration_has_no_finding_without_a_reason(
    revision: str, statements: Mapping[str, str], tmp_path: Path
) -> None:
    assert set(found_in(statements[revision], tmp_path)) == EXCEPTIONS.get(revision, {}).keys()


def test_unsafe_statement_is_found(tmp_path: Path) -> None:
    assert "ban-drop-column" in set(found_in("ALTER TABLE people DROP COLUMN username;", tmp_path))
    assert "adding-required-field" in set(
        found_in("ALTER TABLE people ADD COLUMN nickname text NOT NULL;", tmp_path)
    )
