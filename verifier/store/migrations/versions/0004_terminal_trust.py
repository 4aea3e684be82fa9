"""Claims found by their hash, and one-time codes for registering terminals."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "terminal_trust"
down_revision = "ledger_tree"
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
    op.create_table(
        "terminal_invitations",
        sa.Column("code_key", sa.String(length=43), nullable=False),
        sa.Column("institution", sa.String(length=32), nullable=False),
        sa.Column("site", sa.String(length=64), nullable=False),
        sa.Column("label", sa.String(length=64), nullable=False),
        sa.Column("purposes", JSONB(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "terminal",
            sa.String(length=22),
            nullable=True,
            comment="Whose key used it; NULL while it is unused.",
        ),
        sa.Column("suite", sa.String(length=8), server_default="intl", nullable=False),
        sa.ForeignKeyConstraint(
            ["institution"],
            ["institutions.code"],
            name=op.f("fk_terminal_invitations_institution_institutions"),
        ),
        sa.ForeignKeyConstraint(
            ["terminal"], ["terminals.id"], name=op.f("fk_terminal_invitations_terminal_terminals")
        ),
        sa.PrimaryKeyConstraint("code_key", name=op.f("pk_terminal_invitations")),
    )
    op.create_index(
        op.f("ix_terminal_invitations_expires_at"), "terminal_invitations", ["expires_at"]
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON terminal_invitations TO shualian_app")


def downgrade() -> None:
    op.drop_table("terminal_invitations")
    op.drop_index("ix_challenges_claim_digest", table_name="challenges")
