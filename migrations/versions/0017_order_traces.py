"""An order keeps the trace of the request that made it, with which its later events go on."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("orders", sa.Column("traceparent", sa.Text(), nullable=True))
