"""Room in the pages of people for rows that are saved anew; a save knows without a column what it replaces.

The column is dropped at once, as no release has ever used it.
"""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE people SET (fillfactor = 65)")
    op.drop_column("people", "previous_date_of_birth")
