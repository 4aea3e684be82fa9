"""Figures: entries of the ledger by their kind, without the many of claims."""

import sqlalchemy as sa
from alembic import op

revision = "figures"
down_revision = "watch"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_ledger_kind",
        "ledger",
        ["institution", "kind", "at"],
        postgresql_where=sa.text("kind NOT IN ('claim.decided','claim.refused')"),
    )


def downgrade() -> None:
    op.drop_index("ix_ledger_kind", table_name="ledger")
