"""Merges: two files of one person made one by two members of staff, and taken back."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "merges"
down_revision = "desk"
branch_labels = None
depends_on = None

OPEN = "coalesce(current_setting('shualian.institution', true), '') = ''"
OWN = "institution = current_setting('shualian.institution', true)"
TABLE = "person_merges"


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("institution", sa.String(length=32), nullable=False),
        sa.Column("kept", sa.String(length=22), nullable=False),
        sa.Column("merged", sa.String(length=22), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column(
            "was",
            sa.String(length=16),
            nullable=False,
            comment="State of the merged file before.",
        ),
        sa.Column("moved", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by", sa.String(length=22), nullable=False, comment="Account."),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.String(length=22), nullable=True),
        sa.CheckConstraint(
            "state IN ('asked','done','declined','undo_asked','undone')",
            name=op.f("ck_person_merges_state"),
        ),
        sa.CheckConstraint("kept <> merged", name=op.f("ck_person_merges_two")),
        sa.ForeignKeyConstraint(
            ["institution"],
            ["institutions.code"],
            name=op.f("fk_person_merges_institution_institutions"),
        ),
        sa.ForeignKeyConstraint(
            ["kept"], ["people.id"], name=op.f("fk_person_merges_kept_people")
        ),
        sa.ForeignKeyConstraint(
            ["merged"], ["people.id"], name=op.f("fk_person_merges_merged_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_merges")),
    )
    op.create_index(op.f("ix_person_merges_kept"), TABLE, ["kept"])
    op.create_index(
        "uq_person_merges_merged",
        TABLE,
        ["merged"],
        unique=True,
        postgresql_where=sa.text("state IN ('asked','done','undo_asked')"),
    )
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON {TABLE} TO shualian_app")
    op.execute(f"ALTER TABLE {TABLE} ENABLE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY own_institution ON {TABLE} TO shualian_app USING ({OPEN} OR {OWN})")


def downgrade() -> None:
    op.drop_table(TABLE)
