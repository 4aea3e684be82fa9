"""The ledger's tree: where each entry stands, and signed checkpoints over it."""

import sqlalchemy as sa
from alembic import op

revision = "ledger_tree"
down_revision = "used_tokens"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ledger_leaves",
        sa.Column("institution", sa.String(length=32), nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("leaf", sa.String(length=43), nullable=False),
        sa.Column("suite", sa.String(length=8), server_default="intl", nullable=False),
        sa.PrimaryKeyConstraint("institution", "position", name=op.f("pk_ledger_leaves")),
        sa.UniqueConstraint("seq", name=op.f("uq_ledger_leaves_seq")),
    )
    op.create_table(
        "checkpoints",
        sa.Column("institution", sa.String(length=32), nullable=False),
        sa.Column("size", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("compact", sa.Text(), nullable=False),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("suite", sa.String(length=8), server_default="intl", nullable=False),
        sa.PrimaryKeyConstraint("institution", "size", name=op.f("pk_checkpoints")),
    )
    op.execute("GRANT SELECT, INSERT ON ledger_leaves, checkpoints TO shualian_app")


def downgrade() -> None:
    op.drop_table("checkpoints")
    op.drop_table("ledger_leaves")
