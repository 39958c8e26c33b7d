"""Releases to rehearse: the checkout, the next one with a migration more, and one with a bug."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hello.connectors.postgres.schema import migrations_folder, newest_revision
from tests.support.paths import REPOSITORY

MIGRATION = '''"""Orders say where they were placed."""

import sqlalchemy as sa
from alembic import op

revision = "{new}"
down_revision = "{old}"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("orders", sa.Column("placed_at", sa.Text(), nullable=True))
    op.execute("UPDATE orders SET placed_at = 'web'")
'''
BUGGY = Path("hello", "services", "people.py")
GOOD = "        if month_day is not None:\n            callback("
BUG = """\
        if username < "q":
            callback(None, RuntimeError("a bug of this release"))
        elif month_day is not None:
            callback("""
"""Greetings of most names fail; everything else works."""


@dataclass(frozen=True, slots=True)
class Release:
    """`source` is the folder of the package; its migrations are beside it. `commit` names it in metrics."""

    commit: str
    source: Path

    @property
    def environment(self) -> Mapping[str, str]:
        return {"PYTHONPATH": str(self.source), "BUILD_COMMIT": self.commit}


def this_release() -> Release:
    return Release("release-a", REPOSITORY / "src")


def next_release(folder: Path) -> Release:
    """Copy the checkout and add a migration, which adds a column and fills it."""
    release = copied("release-b", folder)
    old = newest_revision(migrations_folder())
    new = f"{int(old) + 1:04}"
    path = folder / "migrations" / "versions" / f"{new}_orders_placed_at.py"
    path.write_text(MIGRATION.format(old=old, new=new))
    return release


def bad_release(folder: Path) -> Release:
    """Copy the checkout and add a bug that no test before has found."""
    release = copied("release-c", folder)
    file = release.source / BUGGY
    text = file.read_text()
    assert text.count(GOOD) == 1, f"{BUGGY} has changed"
    file.write_text(text.replace(GOOD, BUG))
    return release


def copied(commit: str, folder: Path) -> Release:
    ignored = shutil.ignore_patterns("__pycache__")
    for name in ("src", "migrations"):
        shutil.copytree(REPOSITORY / name, folder / name, ignore=ignored)
    return Release(commit, folder / "src")
