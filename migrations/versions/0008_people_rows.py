"""The events of people whom one statement has saved: one object of their days of birth, by name."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        UPDATE outbox
        SET data = (
            SELECT jsonb_object_agg(person->>'username', person->>'dateOfBirth')
            FROM jsonb_array_elements(data->'people') AS person
        )
        WHERE type = 'person.saved' AND jsonb_typeof(data->'people') = 'array'
        """
    )
