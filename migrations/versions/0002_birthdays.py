"""Who celebrates on a day, in the order of their names, from one index."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.alter_column("people", "username", type_=sa.Text(collation="C"))
    op.add_column("people", sa.Column("previous_date_of_birth", sa.Date(), nullable=True))
    op.add_column(
        "people",
        sa.Column(
            "month_day",
            sa.SmallInteger(),
            sa.Computed(
                "(EXTRACT(month FROM date_of_birth) * 100 + EXTRACT(day FROM date_of_birth))::smallint",
                persisted=True,
            ),
            nullable=False,
        ),
    )
    op.create_index(
        op.f("ix_people_month_day_username"),
        "people",
        ["month_day", "username"],
        unique=False,
        postgresql_include=["date_of_birth"],
    )
