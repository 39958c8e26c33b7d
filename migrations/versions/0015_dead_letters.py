"""The table of dead events gets the name by which the field knows them, dead letters."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Leave a view of the former name: processes of the former release go on while others are upgraded."""
    op.rename_table("dead_events", "dead_letters")
    for kind in ("pk_{}", "uq_{}_consumer_event_id"):
        before, after = kind.format("dead_events"), kind.format("dead_letters")
        op.execute(sa.text(f"ALTER TABLE dead_letters RENAME CONSTRAINT {before} TO {after}"))
    op.execute(sa.text("CREATE VIEW dead_events AS SELECT * FROM dead_letters"))
