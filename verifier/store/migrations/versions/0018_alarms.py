"""Alarms: what was noticed of terminals, and who looked at it."""

import sqlalchemy as sa
from alembic import op

revision = "alarms"
down_revision = "fences"
branch_labels = None
depends_on = None

OPEN = "coalesce(current_setting('shualian.institution', true), '') = ''"
OWN = "institution = current_setting('shualian.institution', true)"
TABLE = "alarms"


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("institution", sa.String(length=32), nullable=False),
        sa.Column("cause", sa.String(length=32), nullable=False),
        sa.Column("subject", sa.String(length=22), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seen_by", sa.String(length=32), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_by", sa.String(length=32), nullable=True),
        sa.Column("note", sa.String(length=200), server_default="", nullable=False),
        sa.CheckConstraint("state IN ('new','seen','done')", name=op.f("ck_alarms_state")),
        sa.ForeignKeyConstraint(
            ["institution"], ["institutions.code"], name=op.f("fk_alarms_institution_institutions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alarms")),
    )
    op.create_index(
        "uq_alarms_open",
        TABLE,
        ["institution", "cause", "subject"],
        unique=True,
        postgresql_where=sa.text("state <> 'done'"),
    )
    op.create_index(op.f("ix_alarms_raised_at"), TABLE, ["raised_at"])
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {TABLE} TO shualian_app")
    op.execute(f"ALTER TABLE {TABLE} ENABLE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY own_institution ON {TABLE} TO shualian_app USING ({OPEN} OR {OWN})")


def downgrade() -> None:
    op.drop_table(TABLE)
