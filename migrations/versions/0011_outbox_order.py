"""The order of events follows from the rows that their writers lock, whichever transaction wrote them.

The column is dropped at once, as no release has ever used it.
"""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_column("outbox", "transaction_id")
