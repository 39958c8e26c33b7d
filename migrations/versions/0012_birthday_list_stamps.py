"""What tells whether a cached list of birthdays is still true: a change replaces one of these numbers."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

# By their number, backends that change lists at the same moment rarely wait for each other.
FILL = """
INSERT INTO birthday_list_stamps (shard, stamp)
SELECT shard, (random() * 9007199254740992)::bigint FROM generate_series(0, 63) AS shard
"""


def upgrade() -> None:
    op.create_table(
        "birthday_list_stamps",
        sa.Column("shard", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("stamp", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("shard", name=op.f("pk_birthday_list_stamps")),
    )
    op.execute(FILL)
