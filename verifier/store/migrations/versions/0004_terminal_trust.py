"""Claims found by their hash, for a terminal that asks what became of one."""

import sqlalchemy as sa
from alembic import op

revision = "terminal_trust"
down_revision = "used_tokens"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_challenges_claim_digest",
        "challenges",
        ["claim_digest"],
        unique=False,
        postgresql_where=sa.text("claim_digest IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_challenges_claim_digest", table_name="challenges")
