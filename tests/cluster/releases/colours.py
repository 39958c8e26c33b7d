"""People have a favourite colour: a column that may be empty, filled in small transactions.

Migrations share one transaction, which would keep the lock of ALTER TABLE until its end. A second connection
commits each step. Each step may be run again: the number of this migration is only stored at the end.
"""

from alembic import op
from sqlalchemy import text

revision = "NEXT"
down_revision = "HEAD"
branch_labels = None
depends_on = None

ADD = text("ALTER TABLE people ADD COLUMN IF NOT EXISTS colour text")
FILL = text(
    """
    UPDATE people SET colour = 'blue' WHERE username IN (
        SELECT username FROM people WHERE colour IS NULL LIMIT 500 FOR UPDATE SKIP LOCKED
    )
    """
)


def upgrade() -> None:
    engine = op.get_bind().engine.execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("SET lock_timeout = '2s'"))
        connection.execute(ADD)
        while connection.execute(FILL).rowcount:
            pass
