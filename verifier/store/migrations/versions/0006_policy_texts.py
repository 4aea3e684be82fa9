"""Texts of the policies that were in force."""

import sqlalchemy as sa
from alembic import op

revision = "policy_texts"
down_revision = "accounts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "policies",
        sa.Column("institution", sa.String(length=32), nullable=False),
        sa.Column("digest", sa.String(length=43), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("suite", sa.String(length=8), server_default="intl", nullable=False),
        sa.PrimaryKeyConstraint("institution", "digest", name=op.f("pk_policies")),
    )
    op.execute("GRANT SELECT, INSERT ON policies TO shualian_app")


def downgrade() -> None:
    op.drop_table("policies")
